//! What can go wrong in a layer, and whose fault it is.

use std::io;

use crate::ot::{Malformed, OtError};

/// Why a layer failed. Nothing of its result can be used.
///
/// # Security
///
/// Whether a layer fails, and how, depends on what the peer sends and on nothing that is secret: a
/// peer that sees a run end learns nothing from that.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// The connection failed, or the peer stopped in the middle of a message.
    #[error("{layer}: the connection to the peer: {source}")]
    Io {
        /// In which layer.
        layer: &'static str,
        /// How the connection failed.
        source: io::Error,
    },
    /// The peer sent something that no correct peer sends.
    #[error("{layer}: the peer sent a malformed message: {what}")]
    Malformed {
        /// In which layer.
        layer: &'static str,
        /// What is wrong with it.
        what: Malformed,
    },
    /// The transfers from which layers are prepared failed.
    #[error("preparing layers: {0}")]
    Transfers(#[from] OtError),
    /// Less is prepared than the layer uses. Nothing was sent.
    #[error("{layer}: too little is prepared: prepare what `Need` says for it")]
    NotPrepared {
        /// For which layer.
        layer: &'static str,
    },
    /// Numbers that the layer cannot take. Nothing was sent.
    #[error("{layer}: {reason}")]
    Shape {
        /// Which layer.
        layer: &'static str,
        /// What must hold.
        reason: &'static str,
    },
    /// A defect of this library, found in the middle of a layer. The peer is not to blame.
    #[error("{layer}: {what}: this is a defect of this library, and not the peer's fault")]
    Internal {
        /// In which layer.
        layer: &'static str,
        /// What cannot be.
        what: &'static str,
    },
    /// An earlier layer failed in the middle, so the parties are no longer at the same place.
    #[error("an earlier layer failed: prepare anew")]
    Broken,
}

/// What stops a layer once it has begun.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    Malformed(Malformed),
    /// What cannot be, unless this library is wrong.
    Internal(&'static str),
}

/// More is taken of what is prepared than the layer's `Need` says.
pub(super) const MISSING: Fault = Fault::Internal("it uses more than its `Need`");

impl Fault {
    pub(super) fn of(self, layer: &'static str) -> LayerError {
        match self {
            Self::Io(source) => LayerError::Io { layer, source },
            Self::Malformed(what) => LayerError::Malformed { layer, what },
            Self::Internal(what) => LayerError::Internal { layer, what },
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<OtError> for Fault {
    /// Of packing, unpacking and taking what is prepared.
    fn from(error: OtError) -> Self {
        match error {
            OtError::Io(error) => Self::Io(error),
            OtError::Malformed(what) => Self::Malformed(what),
            OtError::Internal(what) => Self::Internal(what),
            // That enough is prepared was found before the layer began.
            _ => MISSING,
        }
    }
}
