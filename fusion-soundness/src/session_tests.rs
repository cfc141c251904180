//! The bounds against the exact optimum of an adaptive server, and against sessions played out.

use super::*;
use crate::random::Random;

fn batch(queries: usize, copies: usize, checks: usize, slack: usize) -> Parameters {
    Parameters::new(queries, copies, checks, slack).unwrap()
}

/// C(n - z, t) / C(n, t): t draws miss z bad ones of n.
fn missed(n: usize, z: usize, t: usize) -> f64 {
    let few = t.min(z);
    let many = t.max(z);
    (0..few).map(|i| n.saturating_sub(many + i) as f64 / (n - i) as f64).product()
}

/// The best an adaptive server does in so many batches at slack 0, by dynamic programming over the
/// number of bad tokens: expected wrong answers, and the probability of any.
fn optimum(p: Parameters, batches: usize) -> (f64, f64) {
    let (n, r, t) = (p.slots(), p.queries(), p.checks());
    let (mut wrong, mut any) = (0.0, 0.0);
    for _ in 0..batches {
        let (mut best, mut best_any) = (0.0f64, 0.0f64);
        for z in 0..=n {
            let share = z as f64 / n as f64;
            let here = if z == 0 { 0.0 } else { r as f64 * share * missed(n - 1, z - 1, t) };
            let accepted = missed(n, z, t);
            let harmless = missed(n, z, t + r);
            best = best.max(here + accepted * wrong);
            best_any = best_any.max(accepted - harmless + harmless * any);
        }
        (wrong, any) = (best, best_any);
    }
    (wrong, any)
}

#[test]
fn an_adaptive_server_comes_up_to_the_bounds_and_no_further() {
    let rows = [
        (batch(16, 9, 8, 0), [0.714, 1.705, 1.998], [0.403, 0.643, 0.667], 2.0),
        (batch(16, 2, 100, 0), [0.121, 0.160, 0.160], [0.121, 0.138, 0.138], 0.16),
        (batch(2, 6, 16, 0), [0.071, 0.125, 0.125], [0.071, 0.111, 0.111], 0.125),
        (batch(128, 6, 5, 0), [8.61, 21.0, 25.1], [0.857, 0.958, 0.962], 25.6),
    ];
    for (p, wrong, any, limit) in rows {
        let bound = SessionBound::fresh(p).unwrap();
        assert!((bound.expected_wrong() - limit).abs() < 1e-6);
        for (batches, wrong, any) in
            [(1, wrong[0], any[0]), (10, wrong[1], any[1]), (100, wrong[2], any[2])]
        {
            let exact = optimum(p, batches);
            // As far as the table is printed.
            let digit = if limit > 3.0 { 0.06 } else { 6e-4 };
            assert!((exact.0 - wrong).abs() < digit, "{p}: {exact:?} {wrong}");
            assert!((exact.1 - any).abs() < 6e-4, "{p}: {exact:?} {any}");
            assert!(exact.0 <= bound.expected_wrong() + 1e-9);
            assert!(exact.1 <= bound.any_wrong().value() + 1e-9);
        }
    }
}

/// Sessions with one bad token, or a second model wrong on d, that end at wrong check number L.
fn play(
    p: Parameters,
    leaves_at: usize,
    wrong_fraction: Option<f64>,
    random: &mut Random,
) -> usize {
    let (mut accepted, mut seen) = (0, 0);
    loop {
        let (mut wrong, mut failed) = (0, 0);
        if let Some(d) = wrong_fraction {
            wrong = (0..p.queries()).filter(|_| random.happens(d)).count();
            failed = (0..p.checks()).filter(|_| random.happens(d)).count();
        } else {
            let token = (random.next() % p.slots() as u64) as usize;
            wrong += usize::from(token < p.queries());
            failed += usize::from((p.queries()..p.queries() + p.checks()).contains(&token));
        }
        seen += failed;
        if seen >= leaves_at {
            return accepted;
        }
        accepted += wrong;
    }
}

#[test]
fn sessions_played_out_agree() {
    let p = batch(16, 2, 24, 0);
    let mut random = Random(11);
    for (leaves_at, wrong_fraction) in [(1, None), (2, None), (5, None), (1, Some(1e-3))] {
        let rounds = 10_000;
        let all: Vec<f64> =
            (0..rounds).map(|_| play(p, leaves_at, wrong_fraction, &mut random) as f64).collect();
        let mean = all.iter().sum::<f64>() / f64::from(rounds);
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(rounds);
        let error = (variance / f64::from(rounds)).sqrt();
        let bound = SessionBound::capped(p, leaves_at).unwrap().expected_wrong();
        assert!(mean < bound + 4.0 * error, "{leaves_at}: {mean} {bound}");
        // These servers come close.
        assert!(mean > 0.92 * bound, "{leaves_at}: {mean} {bound}");
    }
}

#[test]
fn other_sessions() {
    let p = batch(16, 2, 24, 0);
    let fresh = SessionBound::fresh(p).unwrap();
    // 10 batches to a deal.
    let dealt = fresh.dealt(240, 200).unwrap();
    assert!((dealt.expected_wrong() - 20.0 * 16.0 / 24.0).abs() < 1e-6);
    assert_eq!(dealt.any_wrong(), Probability::ONE);
    assert_eq!(fresh.dealt(240, 10).unwrap(), fresh);
    let capped = SessionBound::capped(batch(2, 2, 3, 2), 2).unwrap();
    // 1 - C(3,2)/C(5,2).
    assert!((capped.any_wrong().value() - 0.7).abs() < 1e-8);
    assert_eq!(SessionBound::capped(p, 25).unwrap().any_wrong(), Probability::ONE);
    let varying = SessionBound::varying(&[p, batch(1, 2, 1, 0), batch(2, 9, 20, 0)]).unwrap();
    assert!((varying.expected_wrong() - 1.0).abs() < 1e-9);
    assert!((average_per_query(p, 100).value() - 1.0 / 2400.0).abs() < 1e-9);
    assert_eq!(average_per_query(p, 1), AnyServer::of(p).per_query());
    assert_eq!(
        average_per_query(batch(2, 2, 3, 1), 9),
        AnyServer::of(batch(2, 2, 3, 1)).per_query()
    );
}

#[test]
fn what_cannot_be_bounded_is_an_error() {
    let error = SessionBound::fresh(batch(16, 2, 24, 2)).unwrap_err();
    assert!(error.to_string().contains("slack = 2"));
    assert_eq!(SessionBound::fresh(batch(1, 2, 0, 0)), Err(SessionError::NoChecks));
    assert_eq!(SessionBound::capped(batch(1, 2, 3, 0), 0), Err(SessionError::NoCap));
    assert_eq!(SessionBound::varying(&[]), Err(SessionError::NoBatches));
    let fresh = SessionBound::fresh(batch(1, 2, 3, 0)).unwrap();
    assert_eq!(fresh.dealt(2, 1), Err(SessionError::SmallPool { pool: 2, checks: 3 }));
}
