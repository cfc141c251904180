//! The bounds against the table, against big integers over all numbers of bad tokens, and against
//! all servers of small batches: the token server played out, and a linear program.

use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;
use crate::{Survival, exact};

fn of(queries: usize, copies: usize, checks: usize, slack: usize) -> AnyServer {
    AnyServer::of(Parameters::new(queries, copies, checks, slack).unwrap())
}

#[test]
fn known_answers() {
    let rows: Vec<&str> = include_str!("vectors/any_server.csv").lines().skip(1).collect();
    assert_eq!(rows.len(), 20);
    for row in rows {
        let cells: Vec<f64> = row.split(',').map(|cell| cell.parse().unwrap()).collect();
        let n = |index: usize| cells[index] as usize;
        let any = of(n(0), n(1), n(2), n(3));
        assert!((any.per_query().value() / cells[4] - 1.0).abs() < 1e-8, "{row}: {any}");
        assert!((any.per_batch().value() / cells[6] - 1.0).abs() < 1e-8, "{row}: {any}");
        let worst = (any.worst_wrong_per_query(), any.worst_wrong_per_batch());
        assert_eq!(worst, (n(5), n(7)), "{row}");
    }
}

#[test]
fn equality_is_seen() {
    let at_most =
        |any: AnyServer, above, below| any.per_batch_is_at_most(Ratio::new(above, below).unwrap());
    // One bad token among 1,600 is a query's with probability 16 / 1,600.
    assert!(at_most(of(16, 3, 1552, 0), 1, 100));
    assert!(!at_most(of(16, 3, 1551, 0), 1, 100));
    assert!(at_most(of(1, 4, 96, 0), 1, 100));
    // Both one and two bad tokens of three: 1/3.
    assert!(at_most(of(1, 2, 1, 0), 1, 3));
    assert!(at_most(of(5, 3, 0, 0), 1, 1));
    assert!(!at_most(of(5, 3, 0, 0), 999_999_999, 1_000_000_000));
    assert!(!at_most(of(5, 3, 4, 0), 0, 1));
}

#[test]
fn large_batches_are_quick() {
    for (queries, copies, checks, slack) in [
        (1, 1, 999_999, 0),
        (1, 999_999, 1, 0),
        (1, 500_000, 500_000, 0),
        (1000, 2, 998_000, 0),
        (200_000, 4, 200_000, 0),
        (200_000, 4, 200_000, 2_000),
        (100_000, 9, 100_000, 99_999),
        (333_333, 3, 1, 0),
        (1_000_000, 16, 5, 4),
    ] {
        let any = of(queries, copies, checks, slack);
        assert!(any.per_query().value() <= (slack as f64 + 1.0) / (checks as f64 + 1.0) + 1e-9);
        assert!(any.per_query().value() <= any.per_batch().value() + 1e-9);
        assert!(any.per_batch().value() <= any.per_query().value() * queries as f64 + 1e-9);
    }
}

/// Asserts that the enclosure holds the fraction; `exact` may say so of equality as well.
fn holds(worst: Worst, (above, below): &(BigUint, BigUint)) {
    exact::encloses(worst.probability, above, below, 45);
    for (n, d) in [(1, 1), (1, 2), (1, 3), (1, 10), (1, 100), (2, 7), (5, 13)] {
        let within = above * d <= below * n;
        assert_eq!(worst.is_at_most(Ratio::new(n, d).unwrap()), within, "{worst:?} {n}/{d}");
    }
}

#[test]
fn agrees_with_big_integers_for_every_small_batch() {
    for queries in 1..=4 {
        for (copies, checks) in (1..=4).flat_map(|b| (0..=7).map(move |t| (b, t))) {
            for slack in 0..=checks {
                let p = Parameters::new(queries, copies, checks, slack).unwrap();
                let any = AnyServer::of(p);
                for (worst, queries) in [(any.per_query, 1), (any.per_batch, queries)] {
                    let (wrong, survive) = exact::any_server(p, queries);
                    holds(worst, &survive);
                    assert_eq!(worst.wrong, wrong, "{p}, {queries}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn contains_the_exact_fraction(
        queries in 1..50usize, copies in 1..9usize, checks in 0..80usize, slack in 0..40usize,
    ) {
        let p = Parameters::new(queries, copies, checks, slack.min(checks)).unwrap();
        let any = AnyServer::of(p);
        for (worst, queries) in [(any.per_query, 1), (any.per_batch, queries)] {
            let (wrong, survive) = exact::any_server(p, queries);
            holds(worst, &survive);
            prop_assert_eq!(worst.wrong, wrong);
        }
    }

    /// Where f rises, by its definition.
    #[test]
    fn rises_up_to_the_peak_and_falls_after_it(
        queries in 1..20usize, others in 0..40usize, checks in 0..30usize, slack in 0..20usize,
    ) {
        let slack = slack.min(checks);
        let draw = Draw { slots: queries + others + checks, queries, checks, slack };
        let values = exact::draws(draw.slots, queries, checks, slack);
        for wrong in slack + 1..draw.slots {
            let ((a, b), (c, d)) = (&values[wrong], &values[wrong + 1]);
            let (now, next) = (a * d, c * b);
            prop_assert!(now != next || !draw.rises(wrong));
            prop_assert!(now == next || draw.rises(wrong) == (now < next), "{}", wrong);
            exact::encloses(draw.survives(wrong), a, b, 40);
        }
    }

    /// More copies and checks never help the server, more slack never harms it; blind tampering
    /// is one server of many; and the bounds without copies.
    #[test]
    fn monotone_and_in_order(
        queries in 1..40usize, copies in 1..8usize, checks in 1..60usize, slack in 0..30usize,
    ) {
        let slack = slack.min(checks - 1);
        let any = of(queries, copies, checks, slack);
        let not_over = |a: Probability, b: Probability| a.0.lower <= b.0.upper;
        for safer in [of(queries, copies + 1, checks, slack), of(queries, copies, checks + 1, slack)] {
            prop_assert!(not_over(safer.per_query(), any.per_query()));
            prop_assert!(not_over(safer.per_batch(), any.per_batch()));
        }
        let laxer = of(queries, copies, checks, slack + 1);
        prop_assert!(not_over(any.per_query(), laxer.per_query()));
        prop_assert!(not_over(any.per_batch(), laxer.per_batch()));
        let parameters = Parameters::new(queries, copies, checks, slack).unwrap();
        prop_assert!(not_over(Survival::of(parameters).probability(), any.per_batch()));
        let limit = Ratio::new(slack as u64 + 1, checks as u64 + 1).unwrap();
        prop_assert!(any.per_query_is_at_most(limit));
        let single = of(queries, 1, checks, slack);
        prop_assert_eq!(single.worst_wrong_per_batch(), slack + 1);
        let ways = |n: usize| exact::binomials(n, slack + 1)[slack + 1..].iter().sum::<BigUint>();
        let (kept, all) = (ways(checks), ways(queries + checks));
        exact::encloses(single.per_batch(), &(&all - kept), &all, 45);
    }
}

#[test]
fn says_it_in_percent() {
    let shown = of(16, 9, 8, 0).to_string();
    assert_eq!(shown, "any server at most 4.463% per query, 40.324% per batch");
}
