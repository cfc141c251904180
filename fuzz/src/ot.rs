//! Oblivious transfers.

pub(crate) mod answers;
pub(crate) mod chunk;
pub(crate) mod setup;
pub(crate) mod silent;

use fusion_backends::ot::OtError;

use crate::Ended;

/// Blames the peer, or it is a mistake of ours.
pub(crate) fn refused(error: OtError) -> Ended {
    match error {
        OtError::Io(_)
        | OtError::NotAPoint { .. }
        | OtError::Inconsistent(_)
        | OtError::Malformed(_) => Ended::Refused,
        other => panic!("not the peer's fault: {other:?}"),
    }
}
