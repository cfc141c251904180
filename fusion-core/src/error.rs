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
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E> {
    /// The peer did what no honest peer does. Do not ask the same queries of this server again:
    /// whether you do tells it your verdict.
    #[error("the peer misbehaved: {verdict}")]
    PeerMisbehaved {
        /// What gave it away.
        verdict: Rejection,
        /// What was run, if the run came to its end.
        report: Option<Box<Report>>,
    },
    /// The caller asked for something that cannot be done.
    #[error("{0}")]
    ApiMisuse(#[from] Misuse),
    /// The base protocol failed.
    #[error("{place}: {source}")]
    Protocol {
        /// Where.
        place: Place,
        /// The protocol's own error.
        source: E,
    },
    /// The connection failed.
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

/// What gave a misbehaving peer away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The copies of a query got different answers.
    #[error(
        "disagreement: the copies of {} got different answers (first: query {})",
        plural(queries.len(), "query", "queries"),
        queries.first().copied().unwrap_or_default()
    )]
    Disagreement {
        /// The indices of these queries.
        queries: Vec<usize>,
    },
    /// Too many checks were answered wrongly.
    #[error("accuracy: {} of {} checks answered wrongly, {} allowed", .0.wrong(), .0.total, .0.slack)]
    Accuracy(CheckTally),
    /// The parties do not agree on what was said.
    #[error("transcript: what one party sent in the {place} is not what the other received")]
    Transcript {
        /// The first phase whose digests differ.
        place: Place,
    },
    /// A message that no correct peer sends.
    #[error("malformed message in the {place}: {reason}")]
    Malformed {
        /// Where.
        place: Place,
        /// What is wrong with it.
        reason: Malformed,
    },
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
    /// The peer speaks another protocol or version, or has other parameters.
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
    #[error("the server refuses: {0}")]
    Refused(String),
}

/// A place in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    phase: Option<(usize, Phase)>,
    slot: Option<usize>,
}

impl Place {
    /// Before the first phase.
    #[must_use]
    pub const fn handshake() -> Self {
        Self { phase: None, slot: None }
    }

    pub(crate) const fn in_phase(index: usize, phase: Phase, slot: Option<usize>) -> Self {
        Self { phase: Some((index, phase)), slot }
    }

    /// The index of the phase; `None` in the handshake.
    #[must_use]
    pub fn phase(&self) -> Option<usize> {
        self.phase.map(|(index, _)| index)
    }

    /// The stage; `None` in the handshake.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        self.phase.map(|(_, phase)| phase.stage)
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
            None => f.write_str("handshake")?,
            Some((_, phase)) => phase.fmt(f)?,
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
            Fault::Malformed(place, reason) => Self::PeerMisbehaved {
                verdict: Rejection::Malformed { place, reason },
                report: None,
            },
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
