//! Throughput of the transcript, beside its floor: one BLAKE3 pass over the same bytes.
#![allow(missing_docs, reason = "criterion's macros generate public items")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fusion_core::transcript::{Role, Transcript};

fn transcript(criterion: &mut Criterion) {
    for message in [64, 4 << 10, 256 << 10] {
        let bytes = vec![0x5a; message];
        let mut group = criterion.benchmark_group(format!("{message} byte messages"));
        group.throughput(Throughput::Bytes(message as u64));
        group.bench_function("floor", |bencher| {
            let mut hasher = blake3::Hasher::new();
            bencher.iter(|| {
                hasher.update(black_box(&bytes));
            });
        });
        group.bench_function("transcript", |bencher| {
            let mut transcript = Transcript::new(Role::Client, b"bench");
            bencher.iter(|| transcript.sent(0, black_box(&bytes)));
        });
        group.finish();
    }
}

criterion_group!(benches, transcript);
criterion_main!(benches);
