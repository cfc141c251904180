//! Guarantee A: how many checks tell a model that is good enough from one that is not.

use std::fmt;

use crate::{MAX_SLOTS, Probability, Ratio, RiskTargets, search::first, tails::Trials};

/// What the checks are to tell apart (guarantee A).
///
/// Each check is a fresh sample from the distribution that accuracy is meant for. The number of
/// wrong answers is then binomial, and both probabilities below are exact tails of it, rounded
/// against us; a higher accuracy makes fewer errors more likely, so the two accuracies stand for
/// all that are better, or worse.
///
/// ```
/// use fusion_soundness::AccuracyTargets;
///
/// // A server of 98 % is rejected once in a million, one of 90 % is accepted once in a million.
/// let targets = AccuracyTargets::new("0.98".parse()?, "0.90".parse()?, 20, 20)?;
/// let test = targets.least_test().unwrap();
/// assert_eq!((test.checks(), test.slack()), (689, 34));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccuracyTargets {
    claimed: Ratio,
    unacceptable: Ratio,
    completeness: u32,
    confidence: u32,
}

impl AccuracyTargets {
    /// For checks that hold the truth: an honest server of accuracy `claimed` or more is rejected
    /// with probability at most 2^-`completeness`, one of accuracy `unacceptable` or less is
    /// accepted with probability at most 2^-`confidence`. Per batch: over m batches the first is
    /// m times as likely.
    ///
    /// # Errors
    ///
    /// [`TargetError`] if the accuracies are not in this order, or not probabilities.
    pub fn new(
        claimed: Ratio,
        unacceptable: Ratio,
        completeness: u32,
        confidence: u32,
    ) -> Result<Self, TargetError> {
        if claimed > Ratio::ONE {
            return Err(TargetError::OverOne { claimed });
        }
        if unacceptable >= claimed {
            return Err(TargetError::NotBelow { claimed, unacceptable });
        }
        Ok(Self { claimed, unacceptable, completeness, confidence })
    }

    /// For checks that hold the model's own answers: an honest server is never rejected, so no
    /// slack is needed, and one whose answers are the model's with probability `unacceptable` or
    /// less is accepted with probability at most 2^-`confidence`.
    ///
    /// # Errors
    ///
    /// [`TargetError`] if `unacceptable` is not under 1.
    pub fn model_answers(unacceptable: Ratio, confidence: u32) -> Result<Self, TargetError> {
        Self::new(Ratio::ONE, unacceptable, confidence, confidence)
    }

    /// The least accuracy that an honest server claims.
    #[must_use]
    pub const fn claimed(&self) -> Ratio {
        self.claimed
    }

    /// The greatest accuracy that is not acceptable.
    #[must_use]
    pub const fn unacceptable(&self) -> Ratio {
        self.unacceptable
    }

    /// An honest server is rejected with probability at most 2^-this.
    #[must_use]
    pub const fn completeness(&self) -> u32 {
        self.completeness
    }

    /// An unacceptable server is accepted with probability at most 2^-this.
    #[must_use]
    pub const fn confidence(&self) -> u32 {
        self.confidence
    }

    /// Both tails for given numbers.
    #[must_use]
    pub fn test(&self, checks: usize, slack: usize) -> AccuracyTest {
        AccuracyTest {
            checks,
            slack,
            false_reject: trials(self.claimed, checks).more_than(slack),
            false_accept: trials(self.unacceptable, checks).at_most(slack),
        }
    }

    /// Whether both tails are as small as wanted.
    #[must_use]
    pub fn are_met_by(&self, test: &AccuracyTest) -> bool {
        test.false_reject.is_at_most(self.completeness)
            && test.false_accept.is_at_most(self.confidence)
    }

    /// The test with the fewest checks, and the least slack that goes with them. `None` if it
    /// takes more than [`MAX_SLOTS`] checks.
    ///
    /// More checks do not always do: with one more check, the slack of the least test may reject
    /// honest servers too often, and the next slack accept others too often. [`planner`] keeps
    /// to numbers that do.
    ///
    /// [`planner`]: crate::Planner
    #[must_use]
    pub fn least_test(&self) -> Option<AccuracyTest> {
        let (checks, slack) = self.least(0, MAX_SLOTS, |_, least| Some(least))?;
        Some(self.test(checks, slack))
    }

    /// The fewest checks, from a slack of `start` on, of which `also(slack, least)` approves: it
    /// returns the fewest that it takes with this slack, and at least `least`; more with more
    /// slack.
    ///
    /// For a slack f let L(f) be the fewest checks that unacceptable servers and `also` demand;
    /// for T checks let F(T) be the least slack that honest servers demand. Both grow. A slack f
    /// goes with some number of checks iff F(L(f)) <= f: fewer than L(f) do not do, and with more,
    /// honest servers demand no less slack. L grows, so the least such f has the fewest checks.
    /// From a slack below it, F(L(f)) is still not above it, so f <- F(L(f)) climbs to it and
    /// skips nothing. The climb begins at F of a number that no test can do without.
    pub(crate) fn least(
        &self,
        start: usize,
        most: usize,
        mut also: impl FnMut(usize, usize) -> Option<usize>,
    ) -> Option<(usize, usize)> {
        let floor = self.floor(most)?;
        let demanded = trials(self.claimed, floor).least_slack(self.completeness);
        let (mut slack, mut least) = (start.max(demanded), floor);
        loop {
            let rejects = |checks| {
                let trials = trials(self.unacceptable, checks);
                trials.at_most(slack).is_at_most(self.confidence)
            };
            least = first(least.max(slack), most, rejects)?;
            least = also(slack, least).filter(|&checks| checks <= most)?;
            let demanded = trials(self.claimed, least).least_slack(self.completeness);
            if demanded <= slack {
                return Some((least, slack));
            }
            slack = demanded;
        }
    }
}

impl AccuracyTargets {
    /// Whether no test can have both: an honest server of the claimed accuracy p is accepted with
    /// a given query wrong with probability (1-p) Pr[accepted] >= (1-p) (1 - 2^-completeness), and
    /// with any query wrong at least as often.
    pub(crate) fn rule_out(&self, risk: &RiskTargets) -> bool {
        let (passes, whole) = (self.claimed.numerator(), self.claimed.denominator());
        let bits = self.completeness.min(60);
        let accepted = u128::from((1u64 << bits) - 1) * u128::from(whole - passes);
        let over = |risk: Ratio| {
            // Numbers of at most 30, 60 and 30 bits.
            let allowed = (u128::from(risk.numerator()) * u128::from(whole)) << bits;
            accepted * u128::from(risk.denominator()) > allowed
        };
        risk.query().is_some_and(over) || risk.batch().is_some_and(over)
    }

    /// Fewer checks than this do not do, whatever the slack; `None` if that is more than `most`.
    ///
    /// With P and Q the distributions of a check's outcome and A the outcomes of T checks that are
    /// accepted, Cauchy and Schwarz give (sum of sqrt(P Q))^T <= sqrt(P(A) Q(A)) +
    /// sqrt(P(not A) Q(not A)) <= 2^(-confidence/2) + 2^(-completeness/2). The left is over
    /// (1 - h)^T with h = ((p - q)/(sqrt(p) + sqrt(q)))^2/2 + the same of 1 - p and 1 - q. This is
    /// only where a search begins: floating point serves, with 1% taken off.
    fn floor(&self, most: usize) -> Option<usize> {
        let value = |ratio: Ratio| ratio.numerator() as f64 / ratio.denominator() as f64;
        let (p, q) = (value(self.claimed), value(self.unacceptable));
        let apart = |p: f64, q: f64| ((p - q) / (p.sqrt() + q.sqrt())).powi(2) / 2.0;
        let apart = apart(p, q) + apart(1.0 - p, 1.0 - q);
        let errors = (-f64::from(self.confidence) / 2.0).exp2()
            + if p < 1.0 { (-f64::from(self.completeness) / 2.0).exp2() } else { 0.0 };
        let floor = (errors.max(f64::MIN_POSITIVE).ln() / (-apart).ln_1p() * 0.99).floor();
        // No number at all if the accuracies are 0 and 1.
        let floor = if floor > 0.0 { floor } else { 0.0 };
        (floor <= most as f64).then_some(floor as usize)
    }
}

fn trials(accuracy: Ratio, count: usize) -> Trials {
    let passes = accuracy.numerator();
    Trials { count, passes, fails: accuracy.denominator() - passes }
}

/// T checks of which `slack` may fail, and how often that errs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccuracyTest {
    checks: usize,
    slack: usize,
    false_reject: Probability,
    false_accept: Probability,
}

impl AccuracyTest {
    /// T.
    #[must_use]
    pub const fn checks(&self) -> usize {
        self.checks
    }

    /// How many may fail.
    #[must_use]
    pub const fn slack(&self) -> usize {
        self.slack
    }

    /// How often a server of the claimed accuracy is rejected, at most.
    #[must_use]
    pub const fn false_reject(&self) -> Probability {
        self.false_reject
    }

    /// How often a server of the unacceptable accuracy is accepted, at most.
    #[must_use]
    pub const fn false_accept(&self) -> Probability {
        self.false_accept
    }

    /// -log2 of [`false_reject`](Self::false_reject), rounded down; infinity if it cannot happen.
    #[must_use]
    pub fn false_reject_bits(&self) -> f64 {
        self.false_reject.bits()
    }

    /// -log2 of [`false_accept`](Self::false_accept), rounded down; infinity if it cannot happen.
    #[must_use]
    pub fn false_accept_bits(&self) -> f64 {
        self.false_accept.bits()
    }
}

impl fmt::Display for AccuracyTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} checks of which {} may fail: an honest server is rejected with probability {}, an \
             unacceptable one accepted with probability {}",
            self.checks, self.slack, self.false_reject, self.false_accept
        )
    }
}

/// Accuracies that cannot be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetError {
    /// The claim is over 1.
    OverOne {
        /// What was claimed.
        claimed: Ratio,
    },
    /// The unacceptable accuracy is not below the claim.
    NotBelow {
        /// What was claimed.
        claimed: Ratio,
        /// What is not acceptable.
        unacceptable: Ratio,
    },
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OverOne { claimed } => {
                write!(f, "claimed = {claimed} is more than 1; write an accuracy like 0.98 or 98%")
            }
            Self::NotBelow { claimed, unacceptable } => write!(
                f,
                "unacceptable = {unacceptable} is not below claimed = {claimed}: no number of \
                 checks tells them apart; lower it"
            ),
        }
    }
}

impl std::error::Error for TargetError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn targets(claimed: &str, unacceptable: &str, bits: (u32, u32)) -> AccuracyTargets {
        let ratio = |text: &str| text.parse().unwrap();
        AccuracyTargets::new(ratio(claimed), ratio(unacceptable), bits.0, bits.1).unwrap()
    }

    #[test]
    fn known_answers() {
        let rows: Vec<&str> = include_str!("vectors/accuracy_test.csv").lines().skip(1).collect();
        assert_eq!(rows.len(), 9);
        for row in rows {
            let cells: Vec<&str> = row.split(',').collect();
            let n = |index: usize| cells[index].parse::<usize>().unwrap();
            let test = targets(cells[0], cells[1], (n(2) as u32, n(3) as u32)).least_test();
            let test = test.unwrap();
            assert_eq!((test.checks(), test.slack()), (n(4), n(5)), "{row}");
            let reject = cells[6].parse().map_or(f64::INFINITY, |log2: f64| -log2);
            let accept: f64 = -cells[7].parse::<f64>().unwrap();
            let near = |bits: f64, exact: f64| bits == exact || (bits - exact).abs() < 1e-5;
            assert!(near(test.false_reject_bits(), reject), "{row}: {test}");
            assert!(near(test.false_accept_bits(), accept), "{row}: {test}");
        }
    }

    #[test]
    fn exact_checks_need_no_slack() {
        let targets = AccuracyTargets::model_answers("0.95".parse().unwrap(), 40).unwrap();
        let test = targets.least_test().unwrap();
        assert_eq!((test.checks(), test.slack()), (541, 0));
        assert_eq!(test.false_reject(), Probability::ZERO);
        // Half right: one bit per check, with nothing lost to rounding.
        let half = AccuracyTargets::model_answers("0.5".parse().unwrap(), 40).unwrap();
        assert_eq!(half.least_test().unwrap().checks(), 40);
        let never = AccuracyTargets::model_answers("0".parse().unwrap(), 40).unwrap();
        assert_eq!(never.least_test().unwrap().checks(), 1);
    }

    /// With one more check than the least, no slack may do.
    #[test]
    fn the_numbers_of_checks_that_do_are_no_interval() {
        let targets = targets("0.95", "0.8", (7, 7));
        let does = |checks| (0..checks).any(|f| targets.are_met_by(&targets.test(checks, f)));
        let gaps = (105..140).filter(|&checks| !does(checks)).count();
        assert!(does(105) && gaps > 0);
    }

    #[test]
    fn close_accuracies_take_many_checks() {
        let test = targets("0.99", "0.985", (20, 20)).least_test().unwrap();
        assert!((30_000..60_000).contains(&test.checks()), "{test}");
        assert_eq!(targets("0.5", "0.499999999", (40, 40)).least_test(), None);
    }

    #[test]
    fn targets_that_cannot_be_told_apart_are_refused() {
        let ratio = |text: &str| text.parse().unwrap();
        let error = AccuracyTargets::new(ratio("0.9"), ratio("0.9"), 7, 7).unwrap_err();
        assert!(error.to_string().contains("lower it"), "{error}");
        let error = AccuracyTargets::new(ratio("98"), ratio("0.9"), 7, 7).unwrap_err();
        assert!(error.to_string().contains("98%"), "{error}");
    }

    proptest! {
        #[test]
        fn agrees_with_exhaustive_search(
            claimed in 2..=40u64, gap in 1..40u64, completeness in 1..8u32, confidence in 1..8u32,
        ) {
            prop_assume!(gap <= claimed && gap >= 6);
            let ratio = |n| Ratio::new(n, 40).unwrap();
            let targets = AccuracyTargets::new(
                ratio(claimed), ratio(claimed - gap), completeness, confidence,
            ).unwrap();
            let test = targets.least_test().unwrap();
            let all = (0..=test.checks()).flat_map(|t| (0..=t).map(move |f| (t, f)));
            let found = all.map(|(t, f)| targets.test(t, f)).find(|test| targets.are_met_by(test));
            prop_assert_eq!(Some(test), found);
        }
    }
}
