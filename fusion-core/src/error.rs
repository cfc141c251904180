//! What can go wrong, by whose fault. Precise for the caller; the peer only sees the connection
//! close.

use std::fmt;

use crate::{
    channel::ChannelError,
    policy::Misuse,
    protocol::{Phase, Stage, StateError},
    report::{CheckTally, Report},
};

/// Why a run gave no answer. `E` is the base protocol's own error.
///
/// [`may_retry`](Self::may_retry) says whether the same queries may be asked of the same server again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E> {
    /// The client's verdict on a batch that came to its end.
    #[error("rejected: {reason}")]
    Rejected {
        /// Why.
        reason: Rejection,
        /// What was run.
        report: Box<Report>,
        /// Answers that the client's own code could not make sense of. They agreed with nothing.
        failures: Vec<Failure<E>>,
    },
    /// The peer sent what no peer sends that follows the protocol.
    #[error("the peer misbehaved: malformed message in the {place}: {what}")]
    Misbehaved {
        /// Where.
        place: Place,
        /// What is wrong with it.
        what: Malformed,
    },
    /// The parties do not run the same protocol, or the server refuses the batch. Nobody is to blame,
    /// and no query was looked at.
    #[error("the parties do not fit together: {0}")]
    Incompatible(#[from] Incompatible),
    /// The caller asked for something that cannot be done.
    #[error("{0}")]
    Misuse(#[from] Misuse),
    /// The base protocol failed. The peer may have caused it.
    #[error("{place}: {source}")]
    Protocol {
        /// Where.
        place: Place,
        /// The protocol's own error.
        source: E,
    },
    /// The base protocol's code panicked. The peer may have caused it.
    #[error("{place}: the protocol's code panicked: {message}")]
    Panicked {
        /// Where.
        place: Place,
        /// What the panic said.
        message: String,
    },
    /// The connection failed. The peer may have caused it.
    #[error("{place}: {source}")]
    Io {
        /// Where.
        place: Place,
        /// Why.
        source: ChannelError,
    },
    /// A mistake in Fusion or in a hand-written implementation of
    /// [`SemiHonest`](crate::SemiHonest).
    #[error("{place}: {reason}; this is a bug in the protocol's implementation")]
    Internal {
        /// Where.
        place: Place,
        /// What should not have happened.
        reason: String,
    },
}

impl<E> Error<E> {
    /// Whether the same queries may be asked of the same server again.
    ///
    /// `true` only if the run ended before any query was looked at: in the handshake or in the setup
    /// stage. Otherwise the server may have
    /// caused the end, so that how the run ended, or what you do next, can depend on your queries:
    /// asking them again tells it. Ask another server, or other queries that do not depend on these;
    /// the client is latched until [`Client::unlatch`](crate::Client::unlatch).
    #[must_use]
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Incompatible(_) => true,
            Self::Misuse(misuse) => misuse.is_before_the_run(),
            Self::Misbehaved { place, .. }
            | Self::Protocol { place, .. }
            | Self::Panicked { place, .. }
            | Self::Io { place, .. } => place.is_before_queries(),
            Self::Rejected { .. } | Self::Internal { .. } => false,
        }
    }
}

/// An answer that the client's own code could not make sense of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure<E> {
    /// Whose answer.
    pub of: Sample,
    /// What happened.
    pub cause: Cause<E>,
}

/// A sample as its owner knows it, never by its secret slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// The query with this index.
    Query(usize),
    /// The check with this index in the client's pool.
    Check(usize),
}

/// Why client code gave no answer.
#[derive(Debug)]
pub enum Cause<E> {
    /// It returned the protocol's own error.
    Error(E),
    /// It panicked, with this message.
    Panic(String),
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(index) => write!(f, "query {index}"),
            Self::Check(index) => write!(f, "check {index}"),
        }
    }
}

/// Why a batch was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The copies of a query got different answers.
    #[error(
        "disagreement: the copies of {} got different answers{}{}",
        plural(queries.len(), "query", "queries"),
        first(queries),
        without_answer(*unread)
    )]
    Disagreement {
        /// The indices of these queries.
        queries: Vec<usize>,
        /// How many answers to queries the client's own code could not make sense of; they agree with
        /// nothing.
        unread: usize,
    },
    /// Too many checks were answered wrongly.
    #[error("accuracy: {} of {} checks answered wrongly, {} allowed", .0.wrong(), .0.total, .0.slack)]
    Accuracy(CheckTally),
    /// Over the session, the checks say that the server is not as good as it claims.
    #[error(
        "accuracy over the session: {wrong} of {total} checks answered wrongly, which a server of the \
         claimed accuracy does with probability at most 2^-{completeness} in all batches together"
    )]
    SessionAccuracy {
        /// Wrong answers since the last confirmation.
        wrong: u64,
        /// Checks since then.
        total: u64,
        /// The bits.
        completeness: u32,
    },
    /// The session has as many wrong checks as the policy allows for no more.
    #[error("{wrong} checks answered wrongly over the session; the policy leaves at {cap}")]
    SessionCap {
        /// Wrong checks in all batches.
        wrong: u64,
        /// [`Policy::cap`](crate::Policy::cap).
        cap: u64,
    },
    /// The parties do not agree on what was said.
    #[error("transcript: what one party sent in the {place} is not what the other received")]
    Transcript {
        /// The first phase whose digests differ.
        place: Place,
    },
}

/// What keeps two parties from running together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Incompatible {
    /// The peer speaks another protocol or version, or wants another mode.
    #[error("{what} differs: here {ours}, there {theirs}")]
    Mismatch {
        /// What differs.
        what: &'static str,
        /// This party's value.
        ours: String,
        /// The peer's value.
        theirs: String,
    },
    /// The server refuses the batch.
    #[error("the server refuses {0}")]
    Refused(String),
}

/// What is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The channel could not take the frame.
    #[error("{0}")]
    Channel(ChannelError),
    /// Too short for a frame's header.
    #[error("a frame of {0} bytes has no header")]
    NoHeader(usize),
    /// A kind of frame that does not exist.
    #[error("unknown kind of frame {0}")]
    UnknownKind(u8),
    /// A frame that does not belong here.
    #[error("expected {expected}, got {got}")]
    OutOfOrder {
        /// What belongs here.
        expected: String,
        /// What came.
        got: String,
    },
    /// A data frame without data.
    #[error("an empty data frame")]
    Empty,
    /// More data than the protocol reads.
    #[error("{0} bytes more than the protocol reads")]
    Trailing(usize),
    /// More data for slots that did not ask for it yet than is kept.
    #[error("over {0} bytes that no slot has asked for yet")]
    Ahead(usize),
    /// A message that does not decode.
    #[error("the {0} message does not decode")]
    Undecodable(&'static str),
    /// The digests of both parties differ.
    #[error("what one party sent is not what the other received")]
    OtherTranscript,
}

/// A place in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    phase: Option<Phase>,
    /// `None` for a local step.
    index: Option<usize>,
    slot: Option<usize>,
}

impl Place {
    /// Before the first phase.
    #[must_use]
    pub const fn handshake() -> Self {
        Self { phase: None, index: None, slot: None }
    }

    pub(crate) const fn in_phase(index: usize, phase: Phase, slot: Option<usize>) -> Self {
        Self { phase: Some(phase), index: Some(index), slot }
    }

    pub(crate) const fn in_local(step: Phase, slot: Option<usize>) -> Self {
        Self { phase: Some(step), index: None, slot }
    }

    /// Whether the run had not begun.
    #[must_use]
    pub const fn is_handshake(&self) -> bool {
        self.phase.is_none()
    }

    /// Whether no query can have been looked at: in the handshake, and in the setup stage, whose phases
    /// are given none.
    #[must_use]
    pub fn is_before_queries(&self) -> bool {
        self.phase.is_none_or(|phase| phase.stage == Stage::Setup)
    }

    /// The index of the phase; `None` in the handshake and in local steps.
    #[must_use]
    pub fn phase(&self) -> Option<usize> {
        self.index
    }

    /// The stage; `None` in the handshake.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        self.phase.map(|phase| phase.stage)
    }

    /// The slot; `None` in the handshake and in phases that run once.
    #[must_use]
    pub fn slot(&self) -> Option<usize> {
        self.slot
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.phase {
            Some(phase) => phase.fmt(f)?,
            None => f.write_str("handshake")?,
        }
        match self.slot {
            None => Ok(()),
            Some(slot) => write!(f, ", slot {slot}"),
        }
    }
}

/// What a wire reports, before it is known which protocol's error it becomes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{0}: {1}")]
    Channel(Place, ChannelError),
    #[error("malformed message in the {0}: {1}")]
    Malformed(Place, Malformed),
    #[error("{0}")]
    Incompatible(Incompatible),
}

impl Fault {
    pub(crate) fn from_channel(place: Place, error: ChannelError) -> Self {
        if error.is_malformed() {
            Self::Malformed(place, Malformed::Channel(error))
        } else {
            Self::Channel(place, error)
        }
    }
}

impl<E> From<Fault> for Error<E> {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Channel(place, source) => Self::Io { place, source },
            Fault::Malformed(place, what) => Self::Misbehaved { place, what },
            Fault::Incompatible(reason) => Self::Incompatible(reason),
        }
    }
}

impl<E> Error<E> {
    pub(crate) fn from_state(place: Place, error: StateError) -> Self {
        Self::Internal { place, reason: error.to_string() }
    }
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn first(queries: &[usize]) -> String {
    queries.first().map_or_else(String::new, |query| format!(" (first: query {query})"))
}

fn without_answer(count: usize) -> String {
    match count {
        0 => String::new(),
        _ => {
            format!("; the client's own code gave no answer in {}", plural(count, "copy", "copies"))
        }
    }
}
