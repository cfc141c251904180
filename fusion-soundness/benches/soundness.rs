//! Run times of the bound, the planner and the judgement.
#![allow(missing_docs, reason = "criterion's macros generate public items")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fusion_soundness::{
    AccuracyTargets, Demands, Parameters, Planner, Survival, ToleratedError, judge,
};

const QUERIES: [usize; 4] = [1, 100, 10_000, 1_000_000];

fn targets() -> AccuracyTargets {
    let ratio = |text: &str| text.parse().expect("a decimal");
    AccuracyTargets::new(ratio("0.98"), ratio("0.9"), 20, 40).expect("in order")
}

fn bound(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bound");
    group.sample_size(10);
    for queries in QUERIES {
        let batch = Planner::new(queries, 40).plan().expect("a plan").parameters();
        for (name, checks, slack) in
            [("as planned", batch.checks(), 0), ("5000 checks, slack 300", 5_000, 300)]
        {
            let batch = Parameters::new(queries, batch.copies(), checks, slack).expect("a batch");
            group.bench_with_input(BenchmarkId::new(name, queries), &batch, |bencher, batch| {
                bencher.iter(|| Survival::of(black_box(*batch)));
            });
        }
    }
    group.finish();
}

fn planner(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("planner");
    group.sample_size(10);
    for queries in QUERIES {
        let plain = Planner::new(queries, 40);
        for (name, planner) in [
            ("slack 0", plain),
            ("slack 20", plain.slack(20)),
            ("accuracy 98% against 90%", plain.accuracy(targets())),
        ] {
            group.bench_with_input(BenchmarkId::new(name, queries), &planner, |bencher, p| {
                bencher.iter(|| black_box(p).plan());
            });
        }
    }
    group.finish();
}

fn others(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("others");
    group.sample_size(10);
    group.bench_function("least accuracy test", |bencher| {
        bencher.iter(|| black_box(targets()).least_test());
    });
    for queries in QUERIES {
        group.bench_function(BenchmarkId::new("judge a weak batch", queries), |bencher| {
            bencher.iter(|| judge(black_box(queries), 3, 10, 0, &Demands::new(40)));
        });
    }
    let batch = Parameters::new(100, 6, 1_122, 48).expect("a batch");
    group.bench_function("tolerated error", |bencher| {
        bencher.iter(|| ToleratedError::of(black_box(batch)));
    });
    group.finish();
}

criterion_group!(benches, bound, planner, others);
criterion_main!(benches);
