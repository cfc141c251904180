//! The bound against big integers, against every arrangement of small batches, and against the
//! table of exact values.

use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;
use crate::exact;

fn of(queries: usize, copies: usize, checks: usize, slack: usize) -> Survival {
    Survival::of(Parameters::new(queries, copies, checks, slack).unwrap())
}

#[test]
fn known_answers() {
    let rows: Vec<&str> = include_str!("vectors/execution_bound.csv").lines().skip(1).collect();
    assert_eq!(rows.len(), 23);
    for row in rows {
        let cells: Vec<f64> = row.split(',').map(|cell| cell.parse().unwrap()).collect();
        let n = |index: usize| cells[index] as usize;
        let survival = of(n(0), n(1), n(2), n(3));
        assert!((survival.bits() + cells[4]).abs() < 1e-6, "{row}: {survival}");
        assert_eq!(survival.worst_slots(), n(5), "{row}");
    }
}

/// Every subset S of the slots, counted over every arrangement.
fn by_enumeration(queries: usize, copies: usize, checks: usize, slack: usize) -> (u64, u64) {
    let slots = queries * copies + checks;
    let mut ways = vec![(0u64, 0u64); slots + 1];
    // By symmetry, fixing the arrangement and moving S is the same as the reverse.
    for set in 0u32..1 << slots {
        let size = set.count_ones() as usize;
        let wrong = |slot: usize| set >> slot & 1 == 1;
        let spoiled = |query: usize| (0..copies).filter(|c| wrong(query * copies + c)).count();
        let whole = (0..queries).all(|query| matches!(spoiled(query), n if n == 0 || n == copies));
        let any = (0..queries).any(|query| spoiled(query) == copies);
        let failed = (queries * copies..slots).filter(|&slot| wrong(slot)).count();
        ways[size].1 += 1;
        ways[size].0 += u64::from(whole && any && failed <= slack);
    }
    ways.into_iter().max_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1))).unwrap()
}

#[test]
fn agrees_with_enumeration_for_every_small_batch() {
    for (queries, copies, checks) in
        (1..=6).flat_map(|r| (1..=4).flat_map(move |b| (0..=5).map(move |t| (r, b, t))))
    {
        if queries * copies + checks > 13 {
            continue;
        }
        for slack in 0..=checks {
            let survival = of(queries, copies, checks, slack);
            let (ways, all) = by_enumeration(queries, copies, checks, slack);
            // Small enough to be exact but for one rounding.
            assert_eq!(
                survival.probability(),
                Interval::exact(ways).div(Interval::exact(all)).probability(),
                "{queries} {copies} {checks} {slack}"
            );
        }
    }
}

#[test]
fn powers_of_two_are_reached() {
    // R / N for single copies.
    assert_eq!(of(1, 1, 7, 0).soundness(), 3);
    assert_eq!(of(3, 1, 45, 0).soundness(), 4);
    assert_eq!(of(1, 1, (1 << 20) - 1, 0).soundness(), 20);
}

/// Whether the fraction is at most 2^-`bits` even if it is larger by 2^-50 of itself, which is more than
/// rounding adds.
fn clearly_sound(numerator: &BigUint, denominator: &BigUint, bits: u32) -> bool {
    let scaled = numerator << bits;
    (&scaled << 50) + scaled <= denominator << 50
}

/// 24 / 384, when all slots but one are wrong: the rounding of large coefficients on the way may make it
/// more than 2^-4, and never less.
#[test]
fn a_power_of_two_may_be_missed_on_the_safe_side() {
    let parameters = Parameters::new(36, 10, 24, 23).unwrap();
    let (numerator, denominator) = exact::survival(parameters);
    assert_eq!(&numerator << 4, denominator);
    assert!(!clearly_sound(&numerator, &denominator, 4));
    assert!((3..=4).contains(&Survival::of(parameters).soundness()));
}

#[test]
fn large_batches_are_quick() {
    // Against R / C(N, B), which is the bound here but for a negligible part.
    let survival = of(200_000, 4, 200_000, 0);
    let first = Interval::exact(200_000).div(binomial(1_000_000, 4)).probability();
    assert!((survival.bits() - first.bits()).abs() < 1e-6);
    assert_eq!(survival.worst_slots(), 4);
    assert!(of(1_000_000, 5, 5_000, 400).bits() > 60.0);
}

proptest! {
    #[test]
    fn contains_the_exact_fraction(
        queries in 1..60usize, copies in 1..12usize, checks in 0..80usize, slack in 0..40usize,
    ) {
        let parameters = Parameters::new(queries, copies, checks, slack.min(checks)).unwrap();
        let survival = Survival::of(parameters);
        let (numerator, denominator) = exact::survival(parameters);
        exact::encloses(survival.probability(), &numerator, &denominator, 50);
        // Never a yes that is wrong; a no that is wrong only within the last rounding.
        let sound = |bits: u32| &numerator << bits <= denominator;
        prop_assert!(sound(survival.soundness()));
        prop_assert!(!clearly_sound(&numerator, &denominator, survival.soundness() + 1));
        for bits in [1, 5, 10, 20, 40] {
            let suffices = Survival::suffices(parameters, bits);
            prop_assert_eq!(suffices, survival.is_at_most(bits));
            prop_assert!(!suffices || sound(bits));
        }
        prop_assert!(survival.bits() <= -exact::log2(&numerator, &denominator));
    }

    /// Rows in the middle are left out here: few large queries, many checks, much slack.
    #[test]
    fn leaving_out_the_middle_is_harmless(
        queries in 60..260usize, copies in 2..5usize, checks in 0..90usize, slack in 0..12usize,
    ) {
        let parameters = Parameters::new(queries, copies, checks, slack.min(checks)).unwrap();
        let (numerator, denominator) = exact::survival(parameters);
        let survival = Survival::of(parameters);
        exact::encloses(survival.probability(), &numerator, &denominator, 50);
    }

    /// More slack never helps the client; more checks and more copies never harm it (the proofs
    /// are at `search`).
    #[test]
    fn monotone(
        queries in 1..40usize, copies in 1..8usize, checks in 1..60usize, slack in 0..30usize,
    ) {
        let slack = slack.min(checks - 1);
        let upper = |copies, checks, slack| of(queries, copies, checks, slack).probability().0.upper;
        let lower = |copies, checks, slack| of(queries, copies, checks, slack).probability().0.lower;
        prop_assert!(lower(copies, checks, slack) <= upper(copies, checks, slack + 1));
        prop_assert!(lower(copies, checks + 1, slack) <= upper(copies, checks, slack));
        prop_assert!(lower(copies + 1, checks, slack) <= upper(copies, checks, slack));
    }
}

/// More queries are not always better for the client, nor always worse.
#[test]
fn not_monotone_in_the_number_of_queries() {
    assert!(of(2, 2, 1000, 0).bits() < of(1, 2, 1000, 0).bits());
    assert!(of(100, 6, 58, 0).bits() > of(1, 6, 58, 0).bits());
}

#[test]
fn big_integers_agree_on_the_table() {
    let exact = |r, b, t, f| exact::survival(Parameters::new(r, b, t, f).unwrap());
    let (numerator, denominator): (BigUint, BigUint) = exact(3, 2, 3, 1);
    assert!((exact::log2(&numerator, &denominator) + 3.222392).abs() < 1e-6);
}
