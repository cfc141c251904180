//! Servers whose errors depend on the input: what survives, and how much of it.
//!
//! Guarantee E is about slots that are wrong whatever the sample in them. A server may also run,
//! in some slots, a second model that differs from the first only on a region D of the inputs,
//! which a fresh input hits with probability d. No number of copies helps against that alone: if
//! the second model runs everywhere, all copies of a query agree on the wrong answer. Checks do.
//!
//! **Assumptions.** Queries and checks are independent draws from one distribution, and the choice
//! of checks could not be predicted when the second model was made. The base protocol is blind and
//! isolated (docs/security.md). If the checks are unlike the queries, nothing below holds: D can
//! then avoid them. What is said of one query holds also if queries resemble each other; what is
//! said of any query in a batch does not.
//!
//! # Every slot for itself with probability f
//!
//! A copy in an attacked slot is wrong iff its input lies in D, and all copies of a query share
//! the input. So a query is
//!
//! - accepted and wrong with probability d f^B: its input in D, and all its slots attacked;
//! - unharmed with probability 1 - d + d (1-f)^B: its input outside D, or no slot attacked;
//! - in disagreement, which rejects the batch, otherwise;
//!
//! and a check fails with probability f d. All are independent, so the expected number of wrong
//! answers in accepted batches is
//!
//! ```text
//! E(f, d) = R d f^B (1 - d (1 - f^B - (1-f)^B))^(R-1) Pr[Bin(T, f d) <= slack]
//! ```
//!
//! **The maximum is at f = 1.** The middle factor is at most 1, and with x = f d
//!
//! ```text
//! E(f, d)  <=  R f^(B-1) x Pr[Bin(T, x) <= slack]  <=  R x Pr[Bin(T, x) <= slack]  =  E(1, x).
//! ```
//!
//! A server that wants wrong answers accepted runs the worse model everywhere; T and the slack
//! alone stop it. h(x) = x Pr[Bin(T, x) <= slack] is x times the upper tail of a Beta(slack + 1,
//! T - slack) distribution, hence log-concave, hence unimodal.
//!
//! # Other servers
//!
//! A second model is one server of many. What the best of all gets is [`AnyServer`]'s; it is a
//! little more.
//!
//! [`AnyServer`]: crate::AnyServer

use std::fmt;

use crate::{Parameters, Probability, float::Float, interval::Interval, tails::Trials};

/// How many wrong answers a server can expect to get accepted (derived in [`mixed`](self)).
///
/// ```
/// use fusion_soundness::{Parameters, ToleratedError};
///
/// let tolerated = ToleratedError::of(Parameters::new(100, 6, 58, 0)?);
/// // About 1 / (e (T+1)) of the queries, by a model that is wrong on 1 / (T+1) of the inputs.
/// assert!(tolerated.rate() < 0.0064 && tolerated.rate() > 0.0062);
/// assert!((tolerated.wrong_fraction() - 1.0 / 59.0).abs() < 1e-4);
/// # Ok::<(), fusion_soundness::ParameterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToleratedError {
    parameters: Parameters,
    rate: Probability,
    wrong_fraction: f64,
}

/// Points per 1 / (T + 1): the rate is at most about one part in a thousand too high.
const POINTS: u64 = 1 << 13;

impl ToleratedError {
    /// For a batch; the copies do not matter.
    #[must_use]
    pub fn of(parameters: Parameters) -> Self {
        let (checks, slack) = (parameters.checks(), parameters.slack());
        // Fractions are counted in units of 1 / whole, under 2^38.
        let whole = POINTS * (checks as u64 + 1);
        let passes = |wrong: u64| trials(checks, wrong, whole).at_most(slack).0;
        let expected = |wrong: u64| passes(wrong).mul_div(wrong, whole);
        // Unimodal: by halving, where it begins to fall. A comparison that rounding decides is
        // between values that are equal for all that matters here.
        let (mut low, mut high) = (1, whole);
        while low < high {
            let middle = low.midpoint(high);
            if expected(middle).upper >= expected(middle + 1).upper {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // Between the neighbours of the best point lies the best of all; there the product is at
        // most its greater first factor times its greater second.
        let (before, after) = (low.saturating_sub(2), (low + 2).min(whole));
        let rate = passes(before).mul_div(after, whole).probability();
        Self { parameters, rate, wrong_fraction: low as f64 / whole as f64 }
    }

    /// The probability that a query is answered wrongly and the batch accepted, if the server
    /// runs a second model everywhere and chooses best how often it is wrong. Rounded up.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate.value()
    }

    /// The expected number of wrong answers accepted in a batch: R times the rate. Rounded up.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.rate() * self.parameters.queries() as f64
    }

    /// The fraction d of inputs on which the best second model is wrong.
    #[must_use]
    pub const fn wrong_fraction(&self) -> f64 {
        self.wrong_fraction
    }

    /// The fraction f of slots in which the best second model runs: always 1, by proof.
    #[must_use]
    pub const fn attacked_fraction(&self) -> f64 {
        1.0
    }

    /// The probability that a batch is accepted with at least one wrong answer in it, for the
    /// second model that makes this greatest. Rounded up. Guarantee E does *not* bound this.
    #[must_use]
    pub fn unnoticed(&self) -> Probability {
        unnoticed(self.parameters, POINTS * (self.parameters.checks() as u64 + 1))
    }
}

fn trials(count: usize, wrong: u64, whole: u64) -> Trials {
    Trials { count, fails: wrong, passes: whole - wrong }
}

/// Max over d of (1 - (1-d)^R) Pr[Bin(T, d) <= slack], rounded up. The first factor grows with d,
/// the second falls. On a grid of steps that grow by 1/128, the
/// product between two points is at most the first factor at the right and the second at the left.
fn unnoticed(parameters: Parameters, whole: u64) -> Probability {
    let (queries, checks) = (parameters.queries(), parameters.checks());
    let mut best = Probability::ZERO;
    let (mut left, mut right) = (0, 1);
    while left < whole {
        let missed = trials(queries, right, whole).at_most(0).0;
        let hit = Interval { lower: Float::ZERO, upper: missed.lower.complement() };
        let passes = trials(checks, left, whole).at_most(parameters.slack()).0;
        let both = hit.mul(passes).probability();
        if both.0.upper > best.0.upper {
            best = both;
        }
        // From here on the second factor alone is too small.
        if passes.upper <= best.0.upper {
            break;
        }
        left = right;
        right = (right + right / 128 + 1).min(whole);
    }
    best
}

impl fmt::Display for ToleratedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a second model that is wrong on {:.3}% of inputs gets {:.3}% of the answers wrong and \
             accepted ({:.3} per batch)",
            self.wrong_fraction * 100.0,
            up(self.rate() * 100.0),
            up(self.expected())
        )
    }
}

/// Three decimals, rounded up.
fn up(value: f64) -> f64 {
    (value * 1000.0).ceil() / 1000.0
}

#[cfg(test)]
#[path = "mixed_tests.rs"]
mod tests;
