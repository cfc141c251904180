//! What holds over a session, however long it is and whatever the server does.
//!
//! A session is all batches of a client with one server. The checks of each batch are *fresh*:
//! independent draws like the batch's queries, given all that the server knows, verdicts included.
//! The client leaves at the first rejection. Batches that abort, or that end for another reason
//! than a rejection, count neither way. Proofs: docs/security.md, "Sessions".

use std::fmt;

use crate::{Parameters, Probability, any_server::AnyServer, draw::Draw, interval::Interval};

/// The wrong answers that any server gets accepted over a session.
///
/// ```
/// use fusion_soundness::{Parameters, SessionBound};
///
/// // 16 queries and 100 fresh checks in each batch: 0.16 wrong answers on average, ever.
/// let session = SessionBound::fresh(Parameters::new(16, 2, 100, 0)?)?;
/// assert!((session.expected_wrong() - 0.16).abs() < 1e-6);
/// assert!((session.any_wrong().value() - 16.0 / 116.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionBound {
    queries: usize,
    checks: usize,
    leaves_at: usize,
    deals: u64,
}

impl SessionBound {
    /// Fresh checks, all of which must be right: at most R / T wrong answers are expected, and
    /// there is any with probability at most R / (R + T).
    ///
    /// # Errors
    ///
    /// [`SessionError`] if the slack forgives wrong checks, or there are none.
    pub fn fresh(parameters: Parameters) -> Result<Self, SessionError> {
        match parameters.slack() {
            0 => Self::capped(parameters, 1),
            slack => Err(SessionError::Slack { slack }),
        }
    }

    /// Fresh checks, any slack, and a client that leaves at wrong check number `leaves_at` of the
    /// session, L: at most R L / T wrong answers are expected, and there is any with probability
    /// at most 1 - C(T,L) / C(R+T,L).
    ///
    /// # Errors
    ///
    /// [`SessionError`] if there are no checks, or L is 0.
    pub fn capped(parameters: Parameters, leaves_at: usize) -> Result<Self, SessionError> {
        let (queries, checks) = (parameters.queries(), parameters.checks());
        if checks == 0 {
            return Err(SessionError::NoChecks);
        }
        if leaves_at == 0 {
            return Err(SessionError::NoCap);
        }
        Ok(Self { queries, checks, leaves_at, deals: 1 })
    }

    /// Fresh checks and slack 0 in batches of several shapes: the one with most queries per check
    /// bounds them all.
    ///
    /// # Errors
    ///
    /// [`SessionError`] as for [`fresh`](Self::fresh), or if there is no batch.
    pub fn varying(batches: &[Parameters]) -> Result<Self, SessionError> {
        let mut worst: Option<Self> = None;
        for batch in batches {
            let next = Self::fresh(*batch)?;
            let per_check = |bound: Self, other: Self| bound.queries as u128 * other.checks as u128;
            worst = Some(match worst {
                Some(worst) if per_check(worst, next) >= per_check(next, worst) => worst,
                _ => next,
            });
        }
        worst.ok_or(SessionError::NoBatches)
    }

    /// The same for `batches` batches whose checks are *dealt* from a pool: shuffled, used up,
    /// shuffled again. Each deal of floor(pool / T) batches is a session of its own, so both bounds
    /// count once for each.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if the pool does not do for one batch.
    pub fn dealt(self, pool: usize, batches: u64) -> Result<Self, SessionError> {
        let fresh = fresh_batches(pool, self.checks)?;
        Ok(Self { deals: batches.div_ceil(fresh), ..self })
    }

    /// How many wrong answers are accepted in expectation, at most. Rounded up; for display.
    #[must_use]
    pub fn expected_wrong(&self) -> f64 {
        let all = self.queries as f64 * self.leaves_at as f64 * self.deals as f64;
        all / self.checks as f64 * (1.0 + 1e-12)
    }

    /// The probability that any wrong answer is ever accepted, at most.
    #[must_use]
    pub fn any_wrong(&self) -> Probability {
        if self.leaves_at > self.checks {
            return Probability::ONE;
        }
        let slots = self.queries + self.checks;
        let (queries, checks, slack) = (self.queries, self.checks, self.leaves_at - 1);
        let once = Draw { slots, queries, checks, slack }.survives(self.leaves_at);
        once.0.mul(Interval::exact(self.deals)).probability()
    }
}

/// For how many batches of `checks` checks a pool is fresh.
fn fresh_batches(pool: usize, checks: usize) -> Result<u64, SessionError> {
    match pool.checked_div(checks) {
        None => Err(SessionError::NoChecks),
        Some(0) => Err(SessionError::SmallPool { pool, checks }),
        Some(batches) => Ok(batches as u64),
    }
}

/// The probability that a query is answered wrongly and accepted, on average over the queries of
/// `batches` batches with fresh checks: at most the lesser of the bound per query and, at slack 0,
/// 1 / (batches T). The first batch may have all of it.
#[must_use]
pub fn average_per_query(parameters: Parameters, batches: u64) -> Probability {
    let each = AnyServer::of(parameters).per_query();
    let all = (parameters.checks() as u64).saturating_mul(batches);
    if parameters.slack() > 0 || all == 0 {
        return each;
    }
    let shared = Interval::ONE.mul_div(1, all).probability();
    if shared.0.upper < each.0.upper { shared } else { each }
}

/// Why nothing can be said of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// T = 0.
    NoChecks,
    /// The slack forgives wrong checks in every batch.
    Slack {
        /// The slack.
        slack: usize,
    },
    /// The client is to leave at wrong check number 0.
    NoCap,
    /// There is no batch.
    NoBatches,
    /// The pool has fewer checks than a batch takes.
    SmallPool {
        /// How many there are.
        pool: usize,
        /// T.
        checks: usize,
    },
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChecks => f.write_str("without checks nothing bounds a session: take some"),
            Self::Slack { slack } => write!(
                f,
                "with slack = {slack} nothing bounds a session, because a server may do in every \
                 batch what is forgiven: take slack 0, or leave at some number of wrong checks"
            ),
            Self::NoCap => {
                f.write_str("a client cannot leave before the first wrong check: 1 is least")
            }
            Self::NoBatches => f.write_str("there is no batch: pass at least one"),
            Self::SmallPool { pool, checks } => write!(
                f,
                "a pool of {pool} does not do for a batch with {checks} checks: supply more samples"
            ),
        }
    }
}

impl std::error::Error for SessionError {}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
