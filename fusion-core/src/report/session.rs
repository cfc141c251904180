//! What the batches of a session say together.

use std::{fmt, num::NonZeroU64};

use serde::Serialize;

use super::guarantees::percent;
use crate::{
    check::Pool,
    policy::Policy,
    session::Session,
    soundness::{
        Parameters, Ratio, SessionBound, wrong_at_most, wrong_at_most_without_a_wrong_check,
    },
};

/// What the batches of a session say together.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SessionReport {
    /// Batches that came to a verdict, this one among them.
    pub batches: u64,
    /// Batches that ended before it. They count neither way.
    pub ended_early: u64,
    /// For how many more batches the checks are fresh.
    pub fresh_for: usize,
    /// Whether this batch used checks that an earlier one had used.
    pub reused: bool,
    /// What the pool of checks is.
    pub pool: Pool,
    /// What any server gets accepted in all batches together, of a client that leaves at the first
    /// rejection. `None` if the slack is not 0: then there is no bound over a session.
    pub any_server: Option<SessionRisk>,
    /// Checks that were answered rightly, in all batches.
    pub right: u64,
    /// Checks in all batches.
    pub total: u64,
    /// Distinct samples among them, by whether their first answer was right.
    pub distinct: (u64, u64),
    /// Whether samples could be compared; if not, each counts as distinct.
    pub compared: bool,
    /// If the server ran one model throughout, it is wrong on at most this part of such inputs, with
    /// 95% confidence whenever this is read. Rounded up. `None` at slack 0 once a check was wrong: the
    /// confidence was spent on the time before.
    pub wrong_at_most: Option<f64>,
    /// What the test over the session says, if there are accuracy targets.
    pub standing: Option<SessionStanding>,
}

/// What any server gets accepted over a session. Rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SessionRisk {
    /// The expected number of wrong answers.
    pub expected_wrong: f64,
    /// The probability of any wrong answer, ever.
    pub any_wrong: f64,
}

/// The state of the test over a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SessionStanding {
    /// How often a server of the unacceptable accuracy was ruled out, each time from new checks alone.
    pub confirmed: u64,
    /// The accuracy that is ruled out by a confirmation.
    pub unacceptable: String,
    /// With 2^-this it is confirmed wrongly, each time.
    pub confidence: u32,
}

impl SessionReport {
    pub(super) fn of(
        session: &Session,
        batch: Parameters,
        pool: Pool,
        compared: bool,
        policy: &Policy,
    ) -> Self {
        let (right, wrong) = session.distinct();
        Self {
            // The verdict is about to come.
            batches: session.batches().saturating_add(1),
            ended_early: session.ended_early(),
            fresh_for: session.fresh_for(batch.checks()),
            reused: session.deals() > 1,
            pool,
            any_server: risk(session, batch, policy.cap()),
            right: session.right(),
            total: session.right().saturating_add(session.wrong()),
            distinct: (right, wrong),
            compared,
            wrong_at_most: match (wrong, policy.slack()) {
                // The client leaves at the first wrong check.
                (0, 0) => Some(wrong_at_most_without_a_wrong_check(right, FIVE_PERCENT)),
                (_, 0) => None,
                _ => Some(wrong_at_most(right, wrong, FIVE_PERCENT)),
            }
            .map(as_float),
            standing: policy.targets().map(|targets| SessionStanding {
                confirmed: session.confirmed(),
                unacceptable: targets.unacceptable().to_string(),
                confidence: targets.confidence(),
            }),
        }
    }
}

const FIVE_PERCENT: Ratio = match Ratio::new(5, 100) {
    Some(ratio) => ratio,
    None => Ratio::ONE,
};

fn risk(session: &Session, batch: Parameters, cap: Option<NonZeroU64>) -> Option<SessionRisk> {
    let (queries, checks) = session.widest()?;
    let widest = Parameters::new(queries, 1, checks, batch.slack().min(checks)).ok()?;
    // A cap binds whatever the slack of a batch is.
    let bound = match cap {
        Some(cap) => SessionBound::capped(widest, usize::try_from(cap.get()).ok()?),
        None => SessionBound::fresh(widest),
    };
    let batches = session.batches().saturating_add(1);
    let bound = match session.deals() {
        0 | 1 => bound.ok()?,
        _ => bound.ok()?.dealt(session.pool(), batches).ok()?,
    };
    Some(SessionRisk {
        expected_wrong: bound.expected_wrong(),
        any_wrong: bound.any_wrong().value(),
    })
}

impl fmt::Display for SessionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batches, fresh_for, .. } = self;
        write!(f, "batch {batches} with this server; ")?;
        match (self.reused, fresh_for) {
            (true, _) => f.write_str("its checks were used before")?,
            (false, 0) => f.write_str("its checks were fresh, the next ones will not be")?,
            (false, 1) => f.write_str("checks are fresh for 1 more")?,
            (false, more) => write!(f, "checks are fresh for {more} more")?,
        }
        if self.ended_early > 0 {
            write!(f, "; {} ended early", self.ended_early)?;
        }
        f.write_str(".\n               ")?;
        match self.any_server {
            None => f.write_str(
                "With a slack above 0 nothing bounds what any server gets accepted over many batches\n               \
                 (`Policy::leave_at` would)",
            ),
            Some(SessionRisk { expected_wrong, any_wrong }) => {
                let which = if self.reused { "All batches together" } else { "With fresh checks" };
                write!(
                    f,
                    "{which}, if you leave at the first rejection: any server gets at most {} wrong\n\
                     \x20              answers accepted on average over all batches, and any at all with\n\
                     \x20              probability at most {}",
                    up2(expected_wrong),
                    percent(any_wrong)
                )
            }
        }
    }
}

impl SessionReport {
    /// What the answers to the checks say about one model.
    pub(super) fn evidence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (right, wrong) = self.distinct;
        let distinct = right.saturating_add(wrong);
        write!(f, "\n               in the session {} of {}", self.right, self.total)?;
        match self.compared {
            true => write!(f, ", {distinct} distinct samples")?,
            false => f.write_str(" (samples that cannot be compared; equal ones prove nothing)")?,
        }
        if let Some(wrong) = self.wrong_at_most {
            let wrong = percent(wrong);
            write!(
                f,
                ": one model throughout\n               is wrong on at most {wrong} of such inputs (95%)"
            )?;
        }
        if let Some(SessionStanding { confirmed, unacceptable, confidence }) = &self.standing {
            match confirmed {
                0 => write!(
                    f,
                    ";\n               over the session undecided whether it is better than {unacceptable}"
                )?,
                times => write!(
                    f,
                    ";\n               over the session {times} times confirmed to be better than \
                     {unacceptable} (each wrongly with at most 2^-{confidence},\n               for a \
                     server with one model per batch)"
                )?,
            }
        }
        if self.pool == Pool::List {
            f.write_str(
                ";\n               the checks are a list: for inputs more common than in it nothing above is \
                 a bound",
            )?;
        }
        Ok(())
    }
}

/// For display: a few units of the last place do not show.
fn as_float(ratio: Ratio) -> f64 {
    ratio.numerator() as f64 / ratio.denominator() as f64
}

/// Two decimals, rounded up.
fn up2(value: f64) -> f64 {
    (value * 100.0).ceil() / 100.0
}
