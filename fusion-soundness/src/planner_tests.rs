//! The planner against the reference points and against exhaustive search.

use proptest::prelude::*;

use super::*;
use crate::Ratio;

fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

fn cost(per_copy: u32, per_check: u32) -> CostModel {
    let cost = |unit| NonZeroU32::new(unit).unwrap();
    CostModel::new(cost(per_copy), cost(per_check))
}

/// What costs more is not looked for by exhaustion.
const LIMIT: u64 = 200;

fn affordable(planner: &Planner) -> Option<Parameters> {
    planner.plan().ok().filter(|plan| plan.cost() <= LIMIT).map(|plan| plan.parameters())
}

/// The first of all batches, by cost and copies, that does what is asked.
fn by_exhaustion(planner: &Planner) -> Option<Parameters> {
    let limit = planner.plan().map_or(50, |plan| plan.cost()).min(LIMIT);
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
        .find_map(|p| p.ok().filter(|p| planner.demands.are_met_by(*p)))
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

/// For 10%, 1% and 0.1%, with 20 or 40 bits, the copies and checks of the cheapest batches.
type Row = (usize, u32, [(usize, usize); 3]);

fn buys(rows: &[Row], targets: impl Fn(Ratio) -> RiskTargets) {
    for (queries, soundness, batches) in rows {
        for (risk, batch) in ["10%", "1%", "0.1%"].into_iter().zip(batches) {
            let plan =
                Planner::new(*queries, *soundness).risk(targets(ratio(risk))).plan().unwrap();
            let found = (plan.parameters().copies(), plan.parameters().checks());
            assert_eq!(found, *batch, "{queries} queries, {soundness} bits, {risk}");
        }
    }
}

#[test]
fn cheapest_batches_for_a_risk_per_query() {
    let rows = [
        (1, 20, [(10, 13), (4, 96), (3, 997)]),
        (16, 20, [(5, 4), (5, 47), (3, 952)]),
        (128, 20, [(4, 4), (4, 38), (3, 616)]),
        (1000, 20, [(3, 4), (3, 37), (3, 391)]),
        (1, 40, [(19, 25), (9, 91), (5, 995)]),
        (16, 40, [(9, 8), (8, 46), (6, 904)]),
        (128, 40, [(6, 5), (6, 38), (6, 472)]),
        (1000, 40, [(5, 4), (5, 37), (5, 382)]),
    ];
    buys(&rows, |risk| RiskTargets::NONE.per_query(risk));
}

#[test]
fn cheapest_batches_for_a_risk_per_batch() {
    let rows = [
        (1, 20, [(10, 13), (4, 96), (3, 997)]),
        (16, 20, [(4, 96), (3, 1552), (2, 15968)]),
        (128, 20, [(3, 896), (3, 12416), (2, 127744)]),
        (1000, 20, [(3, 7000), (2, 98000), (2, 998000)]),
        (1, 40, [(19, 25), (9, 91), (5, 995)]),
        (16, 40, [(8, 69), (5, 1520), (4, 15936)]),
        (128, 40, [(6, 575), (4, 12288), (3, 127616)]),
        (1000, 40, [(5, 5000), (4, 96000), (3, 997000)]),
    ];
    buys(&rows, |risk| RiskTargets::NONE.per_batch(risk));
}

#[test]
fn cheapest_batches_for_a_risk_per_session() {
    for (soundness, copies) in [(20, 3), (40, 5)] {
        let risk = RiskTargets::NONE.per_session(ratio("1%"));
        let found = Planner::new(16, soundness).risk(risk).plan().unwrap().parameters();
        assert_eq!((found.copies(), found.checks()), (copies, 1584));
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
    let targets = AccuracyTargets::new(ratio("0.98"), ratio("0.9"), 20, 20).unwrap();
    let none = RiskTargets::NONE;
    let unsafe_at = |risk| text(Planner::new(16, 40).risk(risk));
    let impossible = unsafe_at(none.per_query(ratio("0")));
    assert!(impossible.contains("40 bits and at most 0% per query"), "{impossible}");
    assert!(unsafe_at(none.per_batch(ratio("0.0000001"))).contains("accept more risk"));
    let forgiving = Planner::new(16, 40).risk(none.per_session(ratio("1%")));
    assert!(text(forgiving.slack(1)).contains("slack = 1"));
    assert!(text(forgiving.accuracy(targets)).contains("hold the model's own answers"));
    assert!(text(forgiving.available_checks(9)).contains("takes 1584 checks, 9 are"));
    let honest = Planner::new(16, 20).accuracy(targets).risk(none.per_query(ratio("1%")));
    assert!(text(honest).contains("accuracy 0.98 is itself wrong more often than 1% per query"));
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
        let found = affordable(&planner);
        prop_assert_eq!(found, by_exhaustion(&planner));
    }

    #[test]
    fn agrees_with_exhaustive_search_under_risk_targets(
        queries in 1..6usize, soundness in 0..8u32, slack in 0..2usize, available in 0..60usize,
        per_copy in 1..4u32, per_check in 1..4u32, kinds in 0..8u32, above in 4..60u64,
    ) {
        let risk = Ratio::new(above, 60).unwrap();
        let mut targets = RiskTargets::NONE;
        if kinds & 1 > 0 { targets = targets.per_query(risk); }
        if kinds & 2 > 0 { targets = targets.per_batch(risk); }
        if kinds & 4 > 0 { targets = targets.per_session(risk); }
        let planner = Planner::new(queries, soundness)
            .risk(targets)
            .slack(slack)
            .available_checks(available)
            .cost(cost(per_copy, per_check));
        let found = affordable(&planner);
        prop_assert_eq!(found, by_exhaustion(&planner));
    }

    #[test]
    fn agrees_with_exhaustive_search_under_accuracy_targets(
        queries in 1..4usize, soundness in 1..10u32, claimed in 16..=20u64, gap in 6..14u64,
        bits in 1..4u32, per_copy in 1..4u32, above in 1..20u64,
    ) {
        // Over what an honest server errs, by enough to be found among small batches.
        let above = Ratio::new(above.max(23 - claimed + 2).min(20), 20).unwrap();
        let risk = RiskTargets::NONE.per_query(above);
        let ratio = |n| Ratio::new(n, 20).unwrap();
        let targets =
            AccuracyTargets::new(ratio(claimed), ratio(claimed - gap), bits, bits + 1).unwrap();
        let planner = Planner::new(queries, soundness).accuracy(targets).cost(cost(per_copy, 2)).risk(risk);
        let found = affordable(&planner);
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
