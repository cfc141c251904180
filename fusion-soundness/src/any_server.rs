//! What any server gets accepted, whatever it does.
//!
//! Guarantee E is about servers that tamper blindly. This is about all that a blind and isolated
//! base protocol allows (docs/security.md, "Any server"): the answers of any set of slots, and
//! what the server sees, depend on the samples in that set alone. If queries and checks are
//! independent draws from one distribution, then
//!
//! ```text
//! per query   max over z of  sum over k <= slack of  C(T,k) C(N-1-T, z-1-k)               / C(N,z)
//! per batch   max over z of  sum over k <= slack of  C(T,k) (C(N-T, z-k) - C(N-T-R, z-k)) / C(N,z)
//! ```
//!
//! and a server attains both: it has N tokens of which z are bad, gives each distinct sample one of
//! them at random, and answers wrongly where the token is bad.

use std::fmt;

use crate::{Parameters, Probability, Ratio, draw::Draw, interval::Interval};

/// How often any server gets wrong answers accepted; every rounding is against us.
///
/// Per query: the probability that one given query is answered wrongly and the batch accepted. It
/// holds for each of them, also if the queries of a batch resemble each other. Per batch: the
/// probability that any query is; this needs the queries of a batch to be independent of each
/// other, like the checks.
///
/// ```
/// use fusion_soundness::{AnyServer, Parameters};
///
/// // 42 bits against blind tampering; but the best server of all gets 4.5% and 40%.
/// let any = AnyServer::of(Parameters::new(16, 9, 8, 0)?);
/// assert!(any.per_query_is_at_most("0.0447".parse()?));
/// assert!(!any.per_query_is_at_most("0.0446".parse()?));
/// assert!(any.per_batch_is_at_most("0.404".parse()?));
/// assert_eq!((any.worst_wrong_per_query(), any.worst_wrong_per_batch()), (16, 10));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnyServer {
    per_query: Worst,
    per_batch: Worst,
}

impl AnyServer {
    /// Maximises both sums over the number of bad tokens.
    #[must_use]
    pub fn of(parameters: Parameters) -> Self {
        Self {
            per_query: Worst::of(Draw::of_one_query(parameters)),
            per_batch: Worst::of(Draw::of_all_queries(parameters)),
        }
    }

    /// The probability that a given query is answered wrongly and the batch accepted.
    #[must_use]
    pub const fn per_query(&self) -> Probability {
        self.per_query.probability
    }

    /// The probability that the batch is accepted with at least one wrong answer.
    #[must_use]
    pub const fn per_batch(&self) -> Probability {
        self.per_batch.probability
    }

    /// How many of the N tokens are bad in the best attack on a query; the fewest if several
    /// numbers are equally good.
    #[must_use]
    pub const fn worst_wrong_per_query(&self) -> usize {
        self.per_query.wrong
    }

    /// The same for the best attack on a batch.
    #[must_use]
    pub const fn worst_wrong_per_batch(&self) -> usize {
        self.per_batch.wrong
    }

    /// Whether [`per_query`](Self::per_query) is at most `limit`. Never wrongly `true`, and exact
    /// also where they are equal, as long as what is counted fits 128 bits.
    #[must_use]
    pub fn per_query_is_at_most(&self, limit: Ratio) -> bool {
        self.per_query.is_at_most(limit)
    }

    /// Whether [`per_batch`](Self::per_batch) is at most `limit`, likewise.
    #[must_use]
    pub fn per_batch_is_at_most(&self, limit: Ratio) -> bool {
        self.per_batch.is_at_most(limit)
    }
}

/// `any server at most 4.463% per query, 40.324% per batch`, rounded up.
impl fmt::Display for AnyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let up = |probability: Probability| (probability.value() * 100_000.0).ceil() / 1_000.0;
        let (query, batch) = (up(self.per_query()), up(self.per_batch()));
        write!(f, "any server at most {query:.3}% per query, {batch:.3}% per batch")
    }
}

/// Whether a query is answered wrongly and accepted with probability at most `limit`, whatever the
/// server does.
pub(crate) fn per_query_is_at_most(parameters: Parameters, limit: Ratio) -> bool {
    Worst::of(Draw::of_one_query(parameters)).is_at_most(limit)
}

/// Whether any query of the batch is.
pub(crate) fn per_batch_is_at_most(parameters: Parameters, limit: Ratio) -> bool {
    Worst::of(Draw::of_all_queries(parameters)).is_at_most(limit)
}

/// The best number of bad tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Worst {
    draw: Draw,
    wrong: usize,
    probability: Probability,
}

impl Worst {
    /// If rounding hides whether one more is better, it is better by less than can be told, and
    /// two more are worse ([`Draw::rises`]): both are evaluated.
    fn of(draw: Draw) -> Self {
        let wrong = draw.peak();
        let here = draw.survives(wrong);
        let next = if wrong < draw.slots { draw.survives(wrong + 1) } else { here };
        let probability = Probability(Interval {
            lower: here.0.lower.max(next.0.lower),
            upper: here.0.upper.max(next.0.upper),
        });
        Self { draw, wrong, probability }
    }

    fn is_at_most(&self, limit: Ratio) -> bool {
        if self.probability.is_within(limit) || self.probability.is_over(limit) {
            return self.probability.is_within(limit);
        }
        let exactly = |wrong: usize| self.draw.is_at_most(wrong, limit).unwrap_or(false);
        exactly(self.wrong) && (self.wrong == self.draw.slots || exactly(self.wrong + 1))
    }
}

#[cfg(test)]
#[path = "any_server_boxes.rs"]
mod boxes;
#[cfg(test)]
#[path = "any_server_tests.rs"]
mod tests;
