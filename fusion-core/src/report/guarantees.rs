//! What the checks say, and what a server gets accepted whose errors depend on the input.

use std::fmt;

use serde::Serialize;

use crate::soundness::{AccuracyTargets, AnyServer, Parameters, Survival, ToleratedError};

/// How the checks were answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CheckTally {
    /// Answered as expected.
    pub right: usize,
    /// T.
    pub total: usize,
    /// How many of them hold the truth; the others hold the promised model's own answer.
    pub labelled: usize,
    /// How many may be wrong.
    pub slack: usize,
}

impl CheckTally {
    /// Answered otherwise.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.total.saturating_sub(self.right)
    }

    /// Whether the slack forgives what is wrong.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.wrong() <= self.slack
    }

    /// The probability that a server passes which answers each check rightly with probability
    /// `accuracy`: the binomial tail, in floating point, for display only.
    #[must_use]
    pub fn pass_probability(&self, accuracy: f64) -> f64 {
        let wrong = 1.0 - accuracy;
        let mut choose = 1.0;
        let mut sum = 0.0;
        for errors in 0..=self.slack.min(self.total) {
            let right = self.total - errors;
            sum += choose * wrong.powf(errors as f64) * accuracy.powf(right as f64);
            choose *= right as f64 / (errors as f64 + 1.0);
        }
        sum
    }
}

/// Guarantee A: how well the checks tell a good model from a bad one. Both numbers in bits, rounded
/// down.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GuaranteeA {
    /// The accuracy that the server claims.
    pub claimed: String,
    /// The accuracy that will not do.
    pub unacceptable: String,
    /// An honest server of the claimed accuracy is rejected with probability at most 2^-this;
    /// infinite if it never is.
    pub false_reject: f64,
    /// A server of the unacceptable accuracy is accepted with probability at most 2^-this.
    pub false_accept: f64,
}

impl GuaranteeA {
    /// `checks` is how many distinct samples there are: equal ones are one trial.
    pub(super) fn of(targets: &AccuracyTargets, checks: usize, slack: usize) -> Self {
        let test = targets.test(checks, slack.min(checks));
        Self {
            claimed: targets.claimed().to_string(),
            unacceptable: targets.unacceptable().to_string(),
            false_reject: test.false_reject_bits(),
            false_accept: test.false_accept_bits(),
        }
    }
}

impl fmt::Display for GuaranteeA {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { claimed, unacceptable, false_reject, false_accept } = self;
        if false_reject.is_finite() {
            let bits = floor2(*false_reject);
            write!(
                f,
                "a server of accuracy {claimed} is rejected with probability at most 2^-{bits:.2},"
            )?;
        } else {
            write!(f, "a server of accuracy {claimed} is never rejected,")?;
        }
        write!(
            f,
            "\n               one of accuracy {unacceptable} accepted with at most 2^-{:.2};",
            floor2(*false_accept)
        )
    }
}

/// What any server gets accepted, whatever it does (docs/security.md, "Any server"). Rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AnyServerRisk {
    /// The probability that a given query is answered wrongly and the batch accepted.
    pub per_query: f64,
    /// The probability that the batch is accepted with any wrong answer, if its queries are drawn
    /// independently, like the checks.
    pub per_batch: f64,
}

impl AnyServerRisk {
    pub(super) fn of(parameters: Parameters) -> Self {
        let any = AnyServer::of(parameters);
        Self { per_query: any.per_query().value(), per_batch: any.per_batch().value() }
    }
}

/// What a server gets accepted that runs the protocol with another model: copies agree on what that
/// says. Rounded up.
///
/// This needs queries and checks from one distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SecondModel {
    /// The expected part of the queries that is answered wrongly and accepted, for the best second
    /// model.
    pub rate: f64,
    /// The part of the inputs on which that model is wrong.
    pub wrong_fraction: f64,
    /// The probability that the batch is accepted with any wrong answer, for the model that is best at
    /// that.
    pub per_batch: f64,
}

impl SecondModel {
    pub(super) fn of(parameters: Parameters) -> Self {
        let tolerated = ToleratedError::of(parameters);
        Self {
            rate: tolerated.rate(),
            wrong_fraction: tolerated.wrong_fraction(),
            per_batch: tolerated.unnoticed().value(),
        }
    }
}

impl fmt::Display for SecondModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the best other model, wrong on {} of such inputs, gets {} of the answers wrong and\n\
             \x20              accepted; the best at getting any accepted does in {} of the batches",
            percent(self.wrong_fraction),
            percent(self.rate),
            percent(self.per_batch)
        )
    }
}

/// Guarantee E: what a server gets accepted that tampers blindly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GuaranteeE {
    /// In bits, rounded down.
    pub bits: f64,
    /// How many slots the best attack makes wrong.
    pub worst_slots: usize,
}

impl GuaranteeE {
    pub(super) fn of(parameters: Parameters) -> Self {
        let survival = Survival::of(parameters);
        Self { bits: survival.bits(), worst_slots: survival.worst_slots() }
    }
}

impl fmt::Display for CheckTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { right, total, labelled, slack } = self;
        write!(
            f,
            "{right} of {total} checks right ({labelled} of them hold the truth, slack {slack})"
        )
    }
}

/// Two decimals, rounded down: a guarantee is never overstated.
pub(super) fn floor2(value: f64) -> f64 {
    (value * 100.0).floor() / 100.0
}

/// Rounded up, to two digits that say something.
pub(super) fn percent(value: f64) -> String {
    let percent = value * 100.0;
    let digits = if percent >= 10.0 {
        10.0
    } else if percent >= 0.1 {
        100.0
    } else {
        1e5
    };
    format!("{}%", (percent * digits).ceil() / digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pass_probability_is_the_binomial_tail() {
        let exact = CheckTally { right: 8, total: 8, labelled: 0, slack: 0 };
        assert!((exact.pass_probability(0.9) - 0.9_f64.powi(8)).abs() < 1e-12);
        let slack = CheckTally { right: 3, total: 3, labelled: 0, slack: 1 };
        assert!((slack.pass_probability(0.5) - 0.5).abs() < 1e-12);
        assert!((slack.pass_probability(1.0) - 1.0).abs() < 1e-12);
        let all = CheckTally { right: 0, total: 3, labelled: 0, slack: 3 };
        assert!((all.pass_probability(0.25) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn guarantees_are_rounded_down() {
        assert_eq!(floor2(40.129), 40.12);
        assert_eq!(format!("{:.2}", floor2(42.999)), "42.99");
    }
}
