use std::fmt;

use num_bigint::BigUint;

use super::Parameters;

/// The probability that the best cheating server survives with a wrong answer: an exact fraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survival {
    numerator: BigUint,
    denominator: BigUint,
    worst_slots: usize,
}

impl Survival {
    /// Maximises the bound of the [module](super) over the number of wrong slots.
    #[must_use]
    pub fn of(parameters: Parameters) -> Self {
        let (queries, copies) = (parameters.queries(), parameters.copies());
        let (checks, slots) = (parameters.checks(), parameters.slots());
        let by_query = binomials(queries, queries);
        let by_check = binomials(checks, parameters.slack());
        let mut worst = Self { numerator: 0u8.into(), denominator: 1u8.into(), worst_slots: 0 };
        let mut places = BigUint::from(1u8); // C(slots, wrong)
        for wrong in 1..=slots {
            places = places * (slots - wrong + 1) / wrong;
            let survive: BigUint = (0..=parameters.slack().min(wrong))
                .filter(|forgiven| (wrong - forgiven).is_multiple_of(copies))
                .filter_map(|forgiven| {
                    let spoiled = (wrong - forgiven) / copies;
                    let ways = by_query.get(spoiled).filter(|_| spoiled >= 1)?;
                    Some(ways * by_check.get(forgiven)?)
                })
                .sum();
            if &survive * &worst.denominator > &worst.numerator * &places {
                worst =
                    Self { numerator: survive, denominator: places.clone(), worst_slots: wrong };
            }
        }
        worst
    }

    /// Whether the probability is at most 2^-`soundness`; exact.
    #[must_use]
    pub fn is_at_most(&self, soundness: u32) -> bool {
        &self.numerator << soundness <= self.denominator
    }

    /// The greatest whole number of bits that the probability stays below.
    #[must_use]
    pub fn soundness(&self) -> u32 {
        let bits = self.denominator.bits().saturating_sub(self.numerator.bits());
        let most = u32::try_from(bits).unwrap_or(u32::MAX);
        if self.is_at_most(most) { most } else { most.saturating_sub(1) }
    }

    /// -log2 of the probability, rounded down: the floating-point error is under 1e-9 bits, and
    /// so much is taken off.
    #[must_use]
    pub fn bits(&self) -> f64 {
        (log2(&self.denominator) - log2(&self.numerator) - 1e-9).max(0.0)
    }

    /// How many slots the best attack makes wrong.
    #[must_use]
    pub fn worst_slots(&self) -> usize {
        self.worst_slots
    }
}

impl fmt::Display for Survival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = (self.bits() * 100.0).floor() / 100.0;
        write!(f, "2^-{bits:.2} (best attack: {} wrong slots)", self.worst_slots)
    }
}

/// C(n, 0), C(n, 1), .., C(n, most).
fn binomials(n: usize, most: usize) -> Vec<BigUint> {
    let mut row = vec![BigUint::from(1u8)];
    for k in 1..=most.min(n) {
        let next = row.last().map(|last| last * (n - k + 1) / k);
        row.extend(next);
    }
    row
}

/// log2 of a positive number: its leading 64 bits, and how many follow.
fn log2(number: &BigUint) -> f64 {
    let below = number.bits().saturating_sub(64);
    let leading = (number >> below).iter_u64_digits().next().unwrap_or(1);
    (leading as f64).log2() + below as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            let whole =
                (0..queries).all(|query| matches!(spoiled(query), n if n == 0 || n == copies));
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
            (1..=4).flat_map(|r| (1..=3).flat_map(move |b| (0..=4).map(move |t| (r, b, t))))
        {
            if queries * copies + checks > 12 {
                continue;
            }
            for slack in 0..=checks {
                let survival = of(queries, copies, checks, slack);
                let (ways, all) = by_enumeration(queries, copies, checks, slack);
                assert_eq!(
                    &survival.numerator * all,
                    &survival.denominator * ways,
                    "{queries} {copies} {checks} {slack}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn slack_never_helps_and_rounding_never_overstates(
            queries in 1..12usize, copies in 1..6usize, checks in 1..20usize, slack in 0..19usize,
        ) {
            prop_assume!(slack < checks);
            let (less, more) =
                (of(queries, copies, checks, slack), of(queries, copies, checks, slack + 1));
            prop_assert!(&less.numerator * &more.denominator <= &more.numerator * &less.denominator);
            prop_assert!(less.is_at_most(less.soundness()));
            prop_assert!(!less.is_at_most(less.soundness() + 1));
            prop_assert!(less.is_at_most(less.bits().floor() as u32));
        }
    }
}
