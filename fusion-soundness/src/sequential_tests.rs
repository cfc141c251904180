//! Error rates of one cycle exactly, of a session and after a change by simulation.

use super::*;
use crate::random::Random;

fn targets(claimed: &str, unacceptable: &str, bits: u32) -> AccuracyTargets {
    let ratio = |text: &str| text.parse().unwrap();
    AccuracyTargets::new(ratio(claimed), ratio(unacceptable), bits, bits).unwrap()
}

/// One cycle, read after each check: Pr[rejected], Pr[confirmed] and the mean number of checks.
fn one_cycle(weights: &Weights, bits: u32, p: f64) -> (f64, f64, f64) {
    let (mut rejected, mut confirmed, mut mean) = (0.0, 0.0, 0.0);
    let mut alive = vec![1.0];
    for n in 1..2_500u64 {
        alive.push(0.0);
        for w in (0..alive.len()).rev() {
            let below = if w > 0 { alive[w - 1] } else { 0.0 };
            alive[w] = alive[w] * (1.0 - p) + below * p;
        }
        for (w, share) in alive.iter_mut().enumerate() {
            mean += *share;
            let wrong = w as u64;
            if weights.rejects(n - wrong, wrong, bits) {
                rejected += *share;
                *share = 0.0;
            } else if weights.confirms(n - wrong, wrong, bits) {
                confirmed += *share;
                *share = 0.0;
            }
        }
    }
    (rejected, confirmed, mean)
}

#[test]
fn error_rates_and_lengths_of_one_cycle() {
    for (claimed, unacceptable, reject, confirm, honest, bad) in
        [("95%", "80%", 7.64, 7.16, 52.0, 38.0), ("99%", "95%", 7.78, 7.03, 195.0, 130.0)]
    {
        let weights = Weights::of(&targets(claimed, unacceptable, 7));
        let error = |text: &str| 1.0 - text.trim_end_matches('%').parse::<f64>().unwrap() / 100.0;
        let (rejected, _, mean) = one_cycle(&weights, 7, error(claimed));
        assert!((-rejected.log2() - reject).abs() < 0.006, "{}", rejected.log2());
        assert!((mean - honest).abs() < 0.6, "{mean}");
        let (_, confirmed, mean) = one_cycle(&weights, 7, error(unacceptable));
        assert!((-confirmed.log2() - confirm).abs() < 0.006, "{}", confirmed.log2());
        assert!((mean - bad).abs() < 0.6, "{mean}");
    }
}

/// A batch of ten.
fn batch(test: &mut SequentialTest, p: f64, random: &mut Random) -> Standing {
    let wrong = (0..10).filter(|_| random.happens(p)).count() as u64;
    test.observe(10 - wrong, wrong)
}

#[test]
fn a_model_that_turns_bad_is_found_soon() {
    let mut random = Random(3);
    let (mut delays, mut found, mut early) = (0, 0, 0);
    for _ in 0..1_500 {
        let mut test = SequentialTest::new(targets("95%", "80%", 7));
        if (0..200).any(|_| batch(&mut test, 0.05, &mut random) == Standing::Rejected) {
            early += 1;
            continue;
        }
        found += 1;
        delays +=
            (1..).find(|_| batch(&mut test, 0.25, &mut random) == Standing::Rejected).unwrap();
    }
    let mean = f64::from(delays) / f64::from(found);
    assert!((mean - 7.4).abs() < 0.4, "{mean}");
    // An honest server is ever rejected in at most one of 128 sessions.
    assert!(early <= 1_500 / 128, "{early}");
}

#[test]
fn a_claim_of_one_is_refuted_by_one_answer() {
    let mut test = SequentialTest::new(targets("100%", "90%", 20));
    assert_eq!(test.observe(131, 0), Standing::Undecided);
    assert_eq!(test.observe(1, 0), Standing::Confirmed { times: 1 });
    assert_eq!(test.observe(50, 1), Standing::Rejected);
    assert_eq!(test.observe(5000, 0), Standing::Rejected);
    // Nobody is always wrong and right once.
    let mut never = SequentialTest::new(targets("50%", "0%", 20));
    assert_eq!(never.observe(1, 0), Standing::Confirmed { times: 1 });
}

#[test]
fn weights_err_towards_waiting() {
    let weights = Weights::of(&targets("95%", "80%", 7));
    // log2(4) is exact; log2(0.95/0.8) = 0.24792..
    assert_eq!(weights.wrong, Some((2 << 32, 2 << 32)));
    let right = (0.95f64 / 0.8).log2() * 2f64.powi(32);
    assert_eq!(weights.right, (right.floor() as u64, right.ceil() as u64));
}

#[test]
fn a_session_goes_on_where_it_stopped() {
    let targets = targets("95%", "80%", 7);
    let mut random = Random(5);
    let mut test = SequentialTest::new(targets);
    for step in 0..300 {
        let p = if step < 280 { 0.05 } else { 0.4 };
        let mut copy = SequentialTest::resume(targets, test.state()).unwrap();
        let before = Random(random.0).0;
        let standing = batch(&mut test, p, &mut random);
        assert_eq!(batch(&mut copy, p, &mut Random(before)), standing);
        assert_eq!(copy, test);
    }
    assert!(test.state().rejected && test.state().confirmed > 20);
    for wrong_state in [
        SequentialState { right: 1000, ..Default::default() },
        SequentialState { wrong: 1000, ..Default::default() },
        SequentialState { rejected: true, ..Default::default() },
    ] {
        let error = SequentialTest::resume(targets, wrong_state).unwrap_err();
        assert!(error.to_string().contains("it was stored for others"));
    }
}
