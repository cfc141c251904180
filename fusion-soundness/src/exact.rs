//! Oracles for the tests: the same quantities in big integers, by the definition.

use num_bigint::BigUint;

use crate::{Parameters, Probability};

/// C(n, 0), .., C(n, most).
pub(crate) fn binomials(n: usize, most: usize) -> Vec<BigUint> {
    let mut row = vec![BigUint::from(1u8)];
    for k in 1..=most.min(n) {
        let next = row.last().map(|last| last * (n - k + 1) / k);
        row.extend(next);
    }
    row
}

/// The execution bound as a fraction.
pub(crate) fn survival(parameters: Parameters) -> (BigUint, BigUint) {
    let (queries, copies) = (parameters.queries(), parameters.copies());
    let (slots, slack) = (parameters.slots(), parameters.slack());
    let by_query = binomials(queries, queries);
    let by_check = binomials(parameters.checks(), slack);
    let mut worst = (BigUint::ZERO, BigUint::from(1u8));
    for (wrong, places) in binomials(slots, slots).into_iter().enumerate() {
        let survive: BigUint = (0..=slack.min(wrong))
            .filter(|forgiven| (wrong - forgiven).is_multiple_of(copies))
            .filter_map(|forgiven| {
                let spoiled = (wrong - forgiven) / copies;
                let ways = by_query.get(spoiled).filter(|_| spoiled >= 1)?;
                Some(ways * by_check.get(forgiven)?)
            })
            .sum();
        if &survive * &worst.1 > &worst.0 * &places {
            worst = (survive, places);
        }
    }
    worst
}

/// Pr[Bin(n, wrong / whole) <= most] as a fraction.
pub(crate) fn at_most(n: usize, most: usize, wrong: u64, whole: u64) -> (BigUint, BigUint) {
    let (fails, passes) = (BigUint::from(wrong), BigUint::from(whole - wrong));
    let terms = binomials(n, most).into_iter().enumerate();
    let sum = terms.map(|(k, ways)| ways * fails.pow(k as u32) * passes.pow((n - k) as u32)).sum();
    (sum, BigUint::from(whole).pow(n as u32))
}

/// Asserts that the enclosure contains the fraction and is tight to `bits` bits.
pub(crate) fn encloses(enclosure: Probability, above: &BigUint, below: &BigUint, bits: u32) {
    let (lower, upper) = (enclosure.0.lower, enclosure.0.upper);
    assert!(lower.times(below) <= above << 4096u32, "{enclosure:?}: over {above}/{below}");
    assert!(upper.times(below) >= above << 4096u32, "{enclosure:?}: under {above}/{below}");
    let (lower, upper) = (lower.times(&1u8.into()), upper.times(&1u8.into()));
    assert!((&upper - &lower) << bits <= upper, "{enclosure:?} is wide");
}

/// log2 of a fraction.
pub(crate) fn log2(above: &BigUint, below: &BigUint) -> f64 {
    let log2 = |number: &BigUint| {
        let low = number.bits().saturating_sub(64);
        let leading = (number >> low).iter_u64_digits().next().unwrap_or(1);
        (leading as f64).log2() + low as f64
    };
    log2(above) - log2(below)
}

/// The win of the token server for each number of bad tokens, R of N drawn for queries.
pub(crate) fn draws(
    slots: usize,
    queries: usize,
    checks: usize,
    slack: usize,
) -> Vec<(BigUint, BigUint)> {
    let outside = binomials(slots - checks, slots);
    let others = binomials(slots - checks - queries, slots);
    let by_check = binomials(checks, slack);
    let at = |row: &[BigUint], n: usize| row.get(n).cloned().unwrap_or_default();
    let win = |wrong: usize| {
        let hit = |n: usize| at(&outside, n) - at(&others, n);
        let terms = by_check.iter().enumerate().take(wrong + 1);
        terms.map(|(forgiven, ways)| ways * hit(wrong - forgiven)).sum()
    };
    binomials(slots, slots).into_iter().enumerate().map(|(z, all)| (win(z), all)).collect()
}

/// The first best number of bad tokens, and what it wins, with `queries` of the batch's in view.
pub(crate) fn any_server(parameters: Parameters, queries: usize) -> (usize, (BigUint, BigUint)) {
    let (checks, slack) = (parameters.checks(), parameters.slack());
    let mut best = (0, (BigUint::ZERO, BigUint::from(1u8)));
    for (wrong, win) in draws(parameters.slots(), queries, checks, slack).into_iter().enumerate() {
        if &win.0 * &best.1.1 > &best.1.0 * &win.1 {
            best = (wrong, win);
        }
    }
    best
}
