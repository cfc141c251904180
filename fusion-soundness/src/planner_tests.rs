//! The planner against the reference points and against exhaustive search.

use proptest::prelude::*;

use super::*;
use crate::Ratio;

fn cost(per_copy: u32, per_check: u32) -> CostModel {
    let cost = |unit| NonZeroU32::new(unit).unwrap();
    CostModel::new(cost(per_copy), cost(per_check))
}

/// The first of all batches, by cost and copies, that does what is asked.
fn by_exhaustion(planner: &Planner) -> Option<Parameters> {
    let limit = planner.plan().map_or(50, |plan| plan.cost());
    let mut all: Vec<(u64, usize, usize, usize)> = Vec::new();
    for copies in 1..=limit as usize {
        for checks in 0..=planner.available.min(limit as usize) {
            let cost = planner.cost.copies(planner.queries, copies) + planner.cost.checks(checks);
            if cost <= limit {
                let slacks = planner.slack..=checks;
                let slacks = slacks.filter(|&slack| {
                    planner.accuracy.map_or(slack == planner.slack, |targets| {
                        targets.are_met_by(&targets.test(checks, slack))
                    })
                });
                all.extend(slacks.map(|slack| (cost, copies, checks, slack)));
            }
        }
    }
    all.sort_unstable();
    all.into_iter()
        .map(|(_, copies, checks, slack)| Parameters::new(planner.queries, copies, checks, slack))
        .find_map(|p| p.ok().filter(|p| Survival::of(*p).is_at_most(planner.soundness)))
}

#[test]
fn reference_points() {
    for (queries, copies, checks) in [
        (1, 19, 25),
        (2, 16, 16),
        (4, 13, 12),
        (8, 10, 14),
        (16, 9, 8),
        (32, 8, 7),
        (64, 7, 6),
        (128, 6, 5),
        (512, 5, 4),
    ] {
        let found = Planner::new(queries, 40).plan().unwrap().parameters();
        assert_eq!((found.copies(), found.checks()), (copies, checks), "{queries} queries");
    }
}

#[test]
fn large_batches() {
    for (queries, slack) in [(10_000, 0), (1_000_000, 0), (1_000_000, 300)] {
        let plan = Planner::new(queries, 40).slack(slack).plan().unwrap();
        assert!(plan.survival().is_at_most(40));
        let found = plan.parameters();
        let fewer = Parameters::new(queries, found.copies(), found.checks() - 1, slack).unwrap();
        assert!(!Survival::of(fewer).is_at_most(40));
    }
}

#[test]
fn accuracy_and_soundness_together() {
    let ratio = |text: &str| text.parse().unwrap();
    let targets = AccuracyTargets::new(ratio("0.98"), ratio("0.9"), 20, 20).unwrap();
    let mut last = usize::MAX;
    for queries in [1, 10, 100, 1_000] {
        let plan = Planner::new(queries, 40).accuracy(targets).plan().unwrap();
        assert!(plan.survival().is_at_most(40));
        assert!(targets.are_met_by(&plan.accuracy().unwrap()), "{:?}", plan.parameters());
        assert!(plan.parameters().copies() <= last);
        last = plan.parameters().copies();
    }
}

#[test]
fn errors_say_what_to_do() {
    let text = |planner: Planner| planner.plan().unwrap_err().to_string();
    assert!(text(Planner::new(0, 40)).contains("queries = 0"));
    assert!(text(Planner::new(1, 40).available_checks(0)).contains("takes 25 checks, 0 are"));
    assert!(text(Planner::new(1 << 23, 200)).contains("ask for less soundness"));
    assert!(text(Planner::new(1, 513)).contains("more than 512 bits"));
    assert!(text(Planner::new(1 << 24, 40)).contains("split the queries"));
    let ratio = |text: &str| text.parse().unwrap();
    let targets = AccuracyTargets::new(ratio("0.98"), ratio("0.9"), 20, 20).unwrap();
    let few = Planner::new(1, 10).accuracy(targets).available_checks(688);
    assert!(text(few).contains("takes 689 checks, 688 are"), "{}", text(few));
    let close = AccuracyTargets::new(ratio("0.98"), ratio("0.97999999"), 20, 20).unwrap();
    assert!(text(Planner::new(1, 10).accuracy(close)).contains("move them apart"));
}

#[test]
fn few_checks_are_made_up_for_by_copies() {
    let plan = Planner::new(1, 40).available_checks(10).plan().unwrap();
    assert_eq!(plan.parameters().checks(), 10);
    assert!(plan.parameters().copies() > 19);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn agrees_with_exhaustive_search(
        queries in 1..6usize, soundness in 1..12u32, slack in 0..3usize, available in 0..40usize,
        per_copy in 1..4u32, per_check in 1..4u32,
    ) {
        let planner = Planner::new(queries, soundness)
            .slack(slack)
            .available_checks(available)
            .cost(cost(per_copy, per_check));
        let found = planner.plan().ok().map(|plan| plan.parameters());
        prop_assert_eq!(found, by_exhaustion(&planner));
    }

    #[test]
    fn agrees_with_exhaustive_search_under_accuracy_targets(
        queries in 1..4usize, soundness in 1..10u32, claimed in 16..=20u64, gap in 6..14u64,
        bits in 1..4u32, per_copy in 1..4u32,
    ) {
        let ratio = |n| Ratio::new(n, 20).unwrap();
        let targets =
            AccuracyTargets::new(ratio(claimed), ratio(claimed - gap), bits, bits + 1).unwrap();
        let planner = Planner::new(queries, soundness).accuracy(targets).cost(cost(per_copy, 2));
        let found = planner.plan().ok().map(|plan| plan.parameters());
        prop_assert_eq!(found, by_exhaustion(&planner));
    }

    /// More soundness, more slack and fewer checks never make a batch cheaper.
    #[test]
    fn monotone(queries in 1..200usize, soundness in 1..60u32, slack in 0..6usize) {
        let cost = |soundness, slack| {
            Planner::new(queries, soundness).slack(slack).plan().unwrap().cost()
        };
        let plan = Planner::new(queries, soundness).slack(slack).plan().unwrap();
        prop_assert!(plan.cost() <= cost(soundness + 1, slack));
        prop_assert!(plan.cost() <= cost(soundness, slack + 1));
        let checks = plan.parameters().checks();
        if let Ok(fewer) =
            Planner::new(queries, soundness).slack(slack).available_checks(checks - 1).plan()
        {
            prop_assert!(fewer.cost() >= plan.cost());
        }
    }
}
