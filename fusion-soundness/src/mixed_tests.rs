//! The formula against simulated batches, and its maximum against a grid of strategies.

use proptest::prelude::*;

use super::*;
use crate::{AnyServer, random::Random};

fn parameters(queries: usize, copies: usize, checks: usize, slack: usize) -> Parameters {
    Parameters::new(queries, copies, checks, slack).unwrap()
}

/// E(f, d) of the module, in floating point.
fn formula(p: Parameters, f: f64, d: f64) -> f64 {
    let (r, b) = (p.queries() as i32, p.copies() as i32);
    let agree = 1.0 - d * (1.0 - f.powi(b) - (1.0 - f).powi(b));
    let mut term = (1.0 - f * d).powi(p.checks() as i32);
    let mut pass = 0.0;
    for k in 0..=p.slack().min(p.checks()) {
        pass += term;
        term *= (p.checks() - k) as f64 / (k as f64 + 1.0) * f * d / (1.0 - f * d).max(1e-300);
    }
    let pass = if p.slack() >= p.checks() { 1.0 } else { pass };
    f64::from(r) * d * f.powi(b) * agree.powi(r - 1) * pass
}

/// One batch, played out: the wrong answers accepted. `attacked` chooses the slots.
fn play(p: Parameters, d: f64, random: &mut Random, attacked: &mut [bool]) -> usize {
    random.shuffle(attacked);
    let (copies, checks) = attacked.split_at(p.queries() * p.copies());
    let mut wrong = 0;
    for copies in copies.chunks(p.copies()) {
        if random.happens(d) {
            match copies.iter().filter(|&&attacked| attacked).count() {
                0 => {}
                n if n == p.copies() => wrong += 1,
                _ => return 0,
            }
        }
    }
    let failed = checks.iter().filter(|&&attacked| attacked && random.happens(d)).count();
    if failed <= p.slack() { wrong } else { 0 }
}

#[test]
fn the_formula_agrees_with_simulated_batches() {
    let mut random = Random(4);
    for (p, f, d) in [
        (parameters(5, 2, 6, 0), 1.0, 0.15),
        (parameters(5, 2, 6, 1), 1.0, 0.3),
        (parameters(4, 2, 3, 1), 0.8, 0.4),
        (parameters(3, 3, 4, 0), 0.7, 0.5),
        (parameters(2, 2, 2, 0), 0.5, 1.0),
    ] {
        let rounds = 100_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        let mut attacked = vec![false; p.slots()];
        for _ in 0..rounds {
            attacked.iter_mut().for_each(|slot| *slot = random.happens(f));
            let wrong = play(p, d, &mut random, &mut attacked) as f64;
            sum += wrong;
            squares += wrong * wrong;
        }
        let (mean, exact) = (sum / f64::from(rounds), formula(p, f, d));
        let error = ((squares / f64::from(rounds) - mean * mean) / f64::from(rounds)).sqrt();
        assert!((mean - exact).abs() < 5.0 * error, "{p} f={f} d={d}: {mean} {exact} {error}");
    }
}

#[test]
fn no_number_of_attacked_slots_beats_the_bound_for_any_server() {
    let mut random = Random(7);
    for p in [parameters(1, 2, 1, 0), parameters(3, 1, 3, 0), parameters(2, 2, 5, 1)] {
        let any = AnyServer::of(p).per_query().value() * p.queries() as f64;
        for number in 1..=p.slots() {
            for d in [0.1, 0.3, 0.6, 1.0] {
                let mut attacked: Vec<bool> = (0..p.slots()).map(|slot| slot < number).collect();
                let rounds = 20_000;
                let wrong: usize =
                    (0..rounds).map(|_| play(p, d, &mut random, &mut attacked)).sum();
                let mean = wrong as f64 / f64::from(rounds);
                let error = p.queries() as f64 / f64::from(rounds).sqrt();
                assert!(mean < any + 4.0 * error, "{p}: {number} slots, d={d}: {mean} > {any}");
            }
        }
    }
}

/// A fixed number of slots can beat every second model of a random fraction of them.
#[test]
fn chosen_numbers_of_slots_are_worse_in_tiny_batches() {
    let p = parameters(1, 2, 1, 0);
    assert!((ToleratedError::of(p).rate() - 0.25).abs() < 1e-3);
    assert!((AnyServer::of(p).per_query().value() - 1.0 / 3.0).abs() < 1e-8);
}

#[test]
fn without_slack_it_is_the_known_maximum() {
    for checks in [1usize, 10, 58, 1000] {
        let tolerated = ToleratedError::of(parameters(7, 3, checks, 0));
        let t = checks as f64;
        let exact = (t / (t + 1.0)).powf(t) / (t + 1.0);
        assert!(tolerated.rate() >= exact && tolerated.rate() < exact * 1.002, "{tolerated}");
        assert!((tolerated.expected() - 7.0 * tolerated.rate()).abs() < 1e-12);
    }
    let none = ToleratedError::of(parameters(7, 3, 0, 0));
    assert_eq!(none.rate(), 1.0);
}

/// Guarantee E does not bound a server whose errors depend on the input.
#[test]
fn a_second_model_goes_unnoticed_more_often_than_wrong_slots_do() {
    let p = parameters(100, 6, 58, 0);
    assert!(crate::Survival::of(p).is_at_most(40));
    let unnoticed = ToleratedError::of(p).unnoticed().value();
    // (1 - (1-d)^100) (1-d)^58 at its maximum: (1-d)^100 = 58/158.
    let exact = (100.0 / 158.0) * (58.0f64 / 158.0).powf(0.58);
    assert!(unnoticed >= exact && unnoticed < exact * 1.02, "{unnoticed} {exact}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_fraction_of_slots_and_inputs_does_better(
        queries in 1..20usize, copies in 1..6usize, checks in 0..40usize, slack in 0..6usize,
    ) {
        let p = parameters(queries, copies, checks, slack.min(checks));
        let tolerated = ToleratedError::of(p);
        let best = tolerated.expected();
        let grid = |n: u32| f64::from(n) / 40.0;
        for (f, d) in (0..=40).flat_map(|f| (0..=40).map(move |d| (grid(f), grid(d)))) {
            prop_assert!(formula(p, f, d) <= best * (1.0 + 1e-9), "f = {}, d = {}", f, d);
        }
        let attained = formula(p, 1.0, tolerated.wrong_fraction());
        prop_assert!(attained <= best && attained > best * 0.998, "{} {}", attained, best);
        prop_assert!(tolerated.rate() <= AnyServer::of(p).per_query().value() * 1.002);
    }
}
