use rand::{CryptoRng, Rng, RngExt, seq};

use crate::{
    check::Expected,
    mix::Mix,
    soundness::{AnyServer, Parameters},
    verify::{Exact, weigh},
};

/// What a server does to a batch, as far as the theory is concerned. Wrong answers to one query
/// agree with each other, which is best for the server.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Strategy {
    /// So many slots of its choice are wrong, whatever is in them (guarantee E).
    Slots(usize),
    /// Each slot is wrong with this probability, whatever is in it.
    Each(f64),
    /// In each slot, with probability `slots`, a second model runs that is wrong on a part
    /// `inputs` of the inputs.
    Model {
        /// f.
        slots: f64,
        /// d.
        inputs: f64,
    },
    /// Each distinct sample gets a token of its own, out of N of which so many are bad, and is
    /// answered wrongly in all slots if that is bad. The best number of bad ones is the best of all
    /// servers (see [`tokens`](Self::tokens)).
    Tokens {
        /// z.
        bad: usize,
        /// Whether any wrong query counts as survival, or the first query alone.
        any: bool,
    },
    /// The answers of two slots are swapped.
    Swap,
    /// An honest server that answers each check rightly with this probability, and the same for
    /// all copies of a query.
    Honest(f64),
}

impl Strategy {
    /// The best of all servers: to get any query of a batch wrong and accepted, or else a given one.
    #[must_use]
    pub fn tokens(batch: Parameters, any: bool) -> Self {
        let best = AnyServer::of(batch);
        let bad = if any { best.worst_wrong_per_batch() } else { best.worst_wrong_per_query() };
        Self::Tokens { bad, any }
    }

    /// The probability that a wrong answer is accepted: exact but for floating point, for
    /// comparison with [`simulate`]. For [`Honest`](Self::Honest), that the batch is rejected.
    #[must_use]
    pub fn probability(self, batch: Parameters) -> f64 {
        let (queries, copies) = (batch.queries() as f64, batch.copies() as i32);
        let passes = |wrong: f64| tail(batch.checks(), wrong, batch.slack());
        match self {
            Self::Slots(wrong) => slots(batch, wrong),
            Self::Each(wrong) => {
                let (all, none) = (wrong.powi(copies), (1.0 - wrong).powi(copies));
                ((all + none).powf(queries) - none.powf(queries)) * passes(wrong)
            }
            Self::Model { slots, inputs } => {
                let (all, none) = (slots.powi(copies), (1.0 - slots).powi(copies));
                let agrees = 1.0 - inputs + inputs * (all + none);
                let right = 1.0 - inputs + inputs * none;
                (agrees.powf(queries) - right.powf(queries)) * passes(slots * inputs)
            }
            Self::Tokens { bad, any } => tokens(batch, bad, if any { batch.queries() } else { 1 }),
            // Two copies of one query, or two checks that expect the same, change nothing; all else
            // disagrees, unless queries have one copy.
            Self::Swap if copies > 1 => 0.0,
            Self::Swap => f64::NAN,
            Self::Honest(accuracy) => 1.0 - passes(1.0 - accuracy),
        }
    }
}

/// How a simulated batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Rejected.
    Caught,
    /// Accepted, and all answers are right.
    Harmless,
    /// Accepted, and at least one answer is wrong.
    Survived,
}

/// One batch on the pure core: the real shuffle and the real verdict, without any protocol.
pub fn simulate<R: CryptoRng + ?Sized>(
    strategy: Strategy,
    batch: Parameters,
    rng: &mut R,
) -> Ending {
    let mix = Mix::shuffle(batch, rng);
    let queries: Vec<usize> = (0..batch.queries()).collect();
    let samples: Vec<usize> = (queries.len()..queries.len() + batch.checks()).collect();
    let order = mix.arrange(&queries, &samples.iter().collect::<Vec<_>>()).unwrap_or_default();
    let answers = answers(strategy, &order, queries.len() + samples.len(), rng);
    let answers = answers.into_iter().map(Some).collect();
    let Some(answers) = mix.unmix(answers) else { return Ending::Caught };
    let expected: Vec<_> = samples.iter().map(|sample| Expected::Answer(right(*sample))).collect();
    let expected: Vec<_> = expected.iter().collect();
    match weigh(&answers, &expected, &Exact, batch.slack()).rejection {
        Some(_) => Ending::Caught,
        None => {
            let first = answers.queries.iter().map(|copies| copies.first().copied().flatten());
            let counted = match strategy {
                Strategy::Tokens { any: false, .. } => 1,
                _ => queries.len(),
            };
            let mut counted = first.zip(queries).take(counted);
            let all_right = counted.all(|(answer, query)| answer == Some(right(query)));
            if all_right { Ending::Harmless } else { Ending::Survived }
        }
    }
}

/// The answers in slot order; `order` is what is in the slots.
fn answers<R: Rng + ?Sized>(
    strategy: Strategy,
    order: &[&usize],
    inputs: usize,
    rng: &mut R,
) -> Vec<usize> {
    let slots = order.len();
    let mut wrong = vec![false; slots];
    match strategy {
        Strategy::Slots(count) => {
            for slot in seq::index::sample(rng, slots, count.min(slots)) {
                wrong.iter_mut().skip(slot).take(1).for_each(|wrong| *wrong = true);
            }
        }
        Strategy::Each(rate) => wrong.iter_mut().for_each(|wrong| *wrong = rng.random_bool(rate)),
        Strategy::Model { slots, inputs: part } => {
            let differs: Vec<bool> = (0..inputs).map(|_| rng.random_bool(part)).collect();
            for (wrong, input) in wrong.iter_mut().zip(order) {
                let runs = rng.random_bool(slots);
                *wrong = runs && differs.get(**input).copied().unwrap_or_default();
            }
        }
        Strategy::Honest(accuracy) => {
            let errs: Vec<bool> = (0..inputs).map(|_| !rng.random_bool(accuracy)).collect();
            for (wrong, input) in wrong.iter_mut().zip(order) {
                *wrong = errs.get(**input).copied().unwrap_or_default();
            }
        }
        Strategy::Tokens { bad, .. } => {
            // The token of each input: the first so many of N are bad.
            let tokens = seq::index::sample(rng, slots, inputs.min(slots)).into_vec();
            for (wrong, input) in wrong.iter_mut().zip(order) {
                *wrong = tokens.get(**input).is_some_and(|token| *token < bad);
            }
        }
        Strategy::Swap => {}
    }
    let answer = |(wrong, input): (bool, &&usize)| right(**input) + usize::from(wrong);
    let mut answers: Vec<usize> = wrong.into_iter().zip(order).map(answer).collect();
    if let (Strategy::Swap, [left, other, ..]) =
        (strategy, seq::index::sample(rng, slots, slots.min(2)).into_vec().as_slice())
    {
        answers.swap(*left, *other);
    }
    answers
}

/// The right answer; the next number is the wrong one.
fn right(input: usize) -> usize {
    2 * input
}

/// The sum over c >= 1, k <= slack, c B + k = s of C(R,c) C(T,k) / C(N,s).
fn slots(batch: Parameters, wrong: usize) -> f64 {
    let (copies, all) = (batch.copies(), batch.slots());
    (0..=batch.slack().min(wrong))
        .filter(|forgiven| (wrong - forgiven).is_multiple_of(copies) && wrong > *forgiven)
        .map(|forgiven| {
            let spoilt = (wrong - forgiven) / copies;
            choose(batch.queries(), spoilt) * choose(batch.checks(), forgiven) / choose(all, wrong)
        })
        .sum()
}

/// The sum over k <= slack of C(T,k) (C(N-T, z-k) - C(N-T-R, z-k)) / C(N,z), with R the queries
/// that count.
fn tokens(batch: Parameters, bad: usize, queries: usize) -> f64 {
    let (all, checks) = (batch.slots(), batch.checks());
    (0..=batch.slack().min(bad))
        .map(|forgiven| {
            let (outside, rest) = (all - checks, bad - forgiven);
            let hit = choose(outside, rest) - choose(outside - queries, rest);
            choose(checks, forgiven) * hit / choose(all, bad)
        })
        .sum()
}

/// Pr[Bin(n, p) <= k].
fn tail(n: usize, p: f64, k: usize) -> f64 {
    let term = |i: usize| choose(n, i) * p.powi(i as i32) * (1.0 - p).powi((n - i) as i32);
    (0..=k.min(n)).map(term).sum::<f64>().min(1.0)
}

fn choose(n: usize, k: usize) -> f64 {
    if k > n {
        return 0.0;
    }
    (1..=k).fold(1.0, |product, i| product * (n - k + i) as f64 / i as f64)
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use rand::SeedableRng;

    use super::*;
    use crate::soundness::Survival;

    /// A small part of `cargo xtask attacks`: every strategy at small bounds, against its exact
    /// probability.
    #[test]
    fn survival_rates_are_those_of_the_theory() {
        const BATCHES: usize = 20_000;
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for (queries, copies, checks, slack) in [(1, 2, 2, 0), (2, 2, 3, 1), (3, 2, 4, 0)] {
            let batch = Parameters::new(queries, copies, checks, slack).unwrap();
            let slots = (1..=batch.slots()).map(Strategy::Slots);
            let others = [
                Strategy::Each(0.3),
                Strategy::Model { slots: 1.0, inputs: 0.2 },
                Strategy::Model { slots: 0.6, inputs: 0.5 },
                Strategy::tokens(batch, true),
                Strategy::tokens(batch, false),
                Strategy::Tokens { bad: 1, any: true },
                Strategy::Swap,
            ];
            for strategy in slots.chain(others) {
                let survived = (0..BATCHES)
                    .filter(|_| simulate(strategy, batch, &mut rng) == Ending::Survived)
                    .count() as f64;
                let exact = strategy.probability(batch);
                let (mean, n) = (exact * BATCHES as f64, BATCHES as f64);
                let deviation = (n * exact * (1.0 - exact)).sqrt();
                assert!(
                    (survived - mean).abs() <= 5.0 * deviation + 1e-9,
                    "{strategy:?} on {batch}: {survived} of {n}, expected {mean}"
                );
            }
        }
    }

    #[test]
    fn the_best_strategy_is_the_bound() {
        for (queries, copies, checks, slack) in
            [(1, 2, 2, 0), (2, 3, 4, 1), (3, 2, 4, 0), (4, 2, 6, 2)]
        {
            let batch = Parameters::new(queries, copies, checks, slack).unwrap();
            let best = (1..=batch.slots())
                .map(|wrong| Strategy::Slots(wrong).probability(batch))
                .fold(0.0, f64::max);
            assert!((-best.log2() - Survival::of(batch).bits()).abs() < 1e-6);
        }
    }

    #[test]
    fn the_best_tokens_are_the_bounds_for_any_server() {
        for (queries, copies, checks, slack) in
            [(1, 2, 2, 0), (2, 3, 4, 1), (16, 9, 8, 0), (16, 2, 100, 0), (4, 2, 6, 2)]
        {
            let batch = Parameters::new(queries, copies, checks, slack).unwrap();
            let bounds = AnyServer::of(batch);
            for (any, bound) in [(true, bounds.per_batch()), (false, bounds.per_query())] {
                let exact = Strategy::tokens(batch, any).probability(batch);
                assert!((exact / bound.value() - 1.0).abs() < 1e-6, "{batch}: {exact} {bound}");
            }
        }
    }

    #[test]
    fn honest_servers_are_rejected_as_rarely_as_stated() {
        const BATCHES: usize = 20_000;
        let targets =
            crate::AccuracyTargets::new("0.95".parse().unwrap(), "0.8".parse().unwrap(), 7, 7)
                .unwrap();
        let test = targets.least_test().unwrap();
        let batch = Parameters::new(4, 2, test.checks(), test.slack()).unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let honest = Strategy::Honest(0.95);
        let rejected = (0..BATCHES)
            .filter(|_| simulate(honest, batch, &mut rng) == Ending::Caught)
            .count() as f64;
        let exact = honest.probability(batch);
        assert!(exact <= 2f64.powi(-7));
        let deviation = (BATCHES as f64 * exact * (1.0 - exact)).sqrt();
        assert!((rejected - exact * BATCHES as f64).abs() <= 5.0 * deviation, "{rejected}");
        // An exact check is never failed.
        let sure = Strategy::Honest(1.0);
        assert!((0..1000).all(|_| simulate(sure, batch, &mut rng) == Ending::Harmless));
    }
}
