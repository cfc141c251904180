//! What can go wrong, and whose fault it is.

use std::io;

/// Why a transfer failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtError {
    /// The connection failed, or the peer stopped in the middle of a message.
    #[error("the connection to the peer: {0}")]
    Io(#[from] io::Error),
    /// The peer sent bytes that are no element of the group, or the neutral one.
    #[error("the peer's base transfer {transfer} is not a point of the group")]
    NotAPoint {
        /// Which of the base transfers.
        transfer: usize,
    },
    /// The peer cheated, or is not in the same session with the same parameters.
    #[error("the peer failed the check of {0}")]
    Inconsistent(Check),
    /// The peer sent something that no correct peer sends.
    #[error("the peer sent a malformed message: {0}")]
    Malformed(Malformed),
    /// An earlier step failed, and going on would leak the secret of all transfers.
    #[error("an earlier step failed: set up anew")]
    Broken,
    /// Fewer transfers are prepared than are to be used. Nothing was sent.
    #[error("{needed} transfers are needed and {prepared} are prepared: call `prepare` before")]
    NotPrepared {
        /// How many are needed.
        needed: usize,
        /// How many are prepared.
        prepared: usize,
    },
    /// A choice is not among the messages. Nothing was sent.
    #[error("a choice is not below {messages}, the number of messages")]
    Choice {
        /// Among how many messages is chosen.
        messages: usize,
    },
    /// The number of messages is not a multiple of those of one transfer. Nothing was sent.
    #[error("{found} messages cannot be {messages} for each transfer")]
    Messages {
        /// Messages of one transfer.
        messages: usize,
        /// Messages of all transfers.
        found: usize,
    },
    /// More transfers than memory or the counters allow. Nothing was sent.
    #[error("{0} transfers are too many for one call: split them")]
    TooMany(usize),
    /// Rows that cannot be divided among transfers of so many. Nothing was used.
    #[error("{rows} rows cannot be {bits} for each transfer, or {bits} is not one of 1 to 8")]
    Rows {
        /// Rows of one transfer.
        bits: usize,
        /// Rows of all transfers.
        rows: usize,
    },
    /// This setup has made all the transfers that it can number, 2^62 of them; so has the peer's, and
    /// nobody is at fault. Nothing was sent.
    #[error("this setup has made as many transfers as it has numbers for: set up anew")]
    Exhausted,
    /// A defect of this library, not a fault of the peer or of the caller. Nothing can be used any
    /// more.
    #[error("a defect in the oblivious transfer of this library, not a fault of the peer: {0}")]
    Internal(&'static str),
}

/// A consistency check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// That all evaluations of a punctured tree agree.
    Tree {
        /// Which of the trees.
        tree: usize,
    },
    /// That all columns hold the same choices.
    Columns,
    /// That the leaves of all trees of a silent iteration fit the sender's secret.
    Leaves,
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tree { tree } => write!(f, "tree {tree}"),
            Self::Columns => f.write_str("the columns of a chunk"),
            Self::Leaves => f.write_str("the leaves of an iteration"),
        }
    }
}

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// It is not as long as such a message is.
    #[error("its length is wrong")]
    Length,
    /// The bits that fill up its last byte are not zero.
    #[error("bits after its end are set")]
    Padding,
}
