//! Binomial tails, by summing their terms: all positive, so nothing cancels, and the two ends of
//! the enclosure are within a factor 1 + n 2^-60 for n trials.

use crate::{
    Probability,
    float::{
        Float,
        Rounding::{Down, Up},
    },
    interval::Interval,
};

/// n trials, each of which fails with probability `fails` / (`fails` + `passes`). The numbers
/// together are under 2^39, and n is at most 2^24: their products fit 64 bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trials {
    pub(crate) count: usize,
    pub(crate) fails: u64,
    pub(crate) passes: u64,
}

impl Trials {
    /// Pr[no failure], Pr[one failure], .., up to Pr[all fail].
    fn terms(self) -> impl Iterator<Item = Interval> {
        let whole = Interval::exact(self.fails + self.passes);
        // If no trial can pass, only the last term counts, and there is no ratio to go by.
        let certain = self.passes == 0;
        let first = Interval::exact(self.passes).div(whole).pow(self.count as u64);
        let mut term = first;
        (0..=self.count).map(move |failed| {
            if certain {
                return if failed == self.count { Interval::ONE } else { Interval::ZERO };
            }
            let this = term;
            let (more, less) = self.ratio(failed);
            term = term.mul_div(more, less);
            this
        })
    }

    /// Pr[failed + 1] / Pr[failed], which falls with `failed`.
    fn ratio(self, failed: usize) -> (u64, u64) {
        ((self.count - failed) as u64 * self.fails, (failed as u64 + 1) * self.passes)
    }

    /// Pr[at most `most` failures].
    pub(crate) fn at_most(self, most: usize) -> Probability {
        if most >= self.count {
            return Probability::ONE;
        }
        self.terms().take(most + 1).sum::<Interval>().probability()
    }

    /// Pr[more than `most` failures].
    pub(crate) fn more_than(self, most: usize) -> Probability {
        if most >= self.count || self.fails == 0 {
            return Probability::ZERO;
        }
        let mut sum = Interval::ZERO;
        for (failed, term) in self.terms().enumerate().skip(most + 1) {
            sum = sum.add(term);
            // Once the ratio is at most 1/2, what follows is at most this term.
            if self.halves(failed) && term.upper <= sum.lower.mul(Float::power_of_two(-64), Down) {
                sum = sum.widened(term.upper);
                break;
            }
        }
        sum.probability()
    }

    fn halves(self, failed: usize) -> bool {
        let (more, less) = self.ratio(failed);
        more <= less / 2
    }

    /// The least slack for which Pr[more failures] is at most 2^-`bits`.
    pub(crate) fn least_slack(self, bits: u32) -> usize {
        if self.fails == 0 {
            return 0;
        }
        let limit = Float::power_of_two(-i64::from(bits));
        let negligible = limit.mul(Float::power_of_two(-64), Down);
        let mut terms: Vec<Float> = Vec::new();
        for (failed, term) in self.terms().enumerate() {
            terms.push(term.upper);
            if self.passes > 0 && self.halves(failed) && term.upper <= negligible {
                break;
            }
        }
        // What was cut off is at most the last term.
        let cut = terms.len() <= self.count;
        let mut tail = if cut { terms.last().copied().unwrap_or(Float::ZERO) } else { Float::ZERO };
        let mut slack = terms.len() - 1;
        for term in terms.into_iter().rev() {
            tail = tail.add(term, Up);
            if tail > limit {
                return slack;
            }
            slack = slack.saturating_sub(1);
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exact;

    proptest! {
        #[test]
        fn tails_contain_the_exact_fraction(
            count in 0..150usize, most in 0..160usize, fails in 0..=50u64, passes in 1..=50u64,
        ) {
            let trials = Trials { count, fails, passes };
            let whole = fails + passes;
            let (above, below) = exact::at_most(count, most.min(count), fails, whole);
            exact::encloses(trials.at_most(most), &above, &below, 48);
            exact::encloses(trials.more_than(most), &(&below - &above), &below, 48);
        }

        #[test]
        fn the_least_slack_is_the_first_that_does(
            count in 0..120usize, bits in 1..30u32, fails in 0..=50u64, passes in 0..=50u64,
        ) {
            prop_assume!(fails + passes > 0);
            let trials = Trials { count, fails, passes };
            let slack = (0..=count).find(|&slack| trials.more_than(slack).is_at_most(bits));
            prop_assert_eq!(Some(trials.least_slack(bits)), slack);
        }
    }

    #[test]
    fn certain_outcomes() {
        let never = Trials { count: 5, fails: 0, passes: 1 };
        assert_eq!(never.at_most(0), Probability::ONE);
        assert_eq!(never.more_than(0), Probability::ZERO);
        let always = Trials { count: 5, fails: 1, passes: 0 };
        assert_eq!(always.at_most(4), Probability::ZERO);
        assert_eq!(always.more_than(4), Probability::ONE);
        assert_eq!(always.least_slack(7), 5);
        assert!(Trials { count: 40, fails: 1, passes: 1 }.at_most(0).is_at_most(40));
    }
}
