use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::PhasePlan;
use crate::{
    error::{Malformed, Place},
    transcript::{ALL_SLOTS, Digests},
    wire::frame::{HEADER, Kind, Label},
};

/// Digests that the peer still owes, oldest first: it sends them when it ends a phase, and they are
/// read with the next message instead of costing a round of their own.
#[derive(Default)]
pub(crate) struct Owed {
    ours: VecDeque<(PhasePlan, Digests)>,
    mismatch: Option<Place>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct DigestMessage {
    pub(super) sent: [u8; 32],
    received: [u8; 32],
}

impl Owed {
    /// The peer owes its digests of a phase; what to send it of ours.
    pub(super) fn add(&mut self, plan: PhasePlan, digests: Digests) -> (Label, DigestMessage) {
        self.ours.push_back((plan, digests));
        let message = DigestMessage {
            sent: *digests.sent.as_bytes(),
            received: *digests.received.as_bytes(),
        };
        (label(plan), message)
    }

    /// The frame that is due before any other.
    pub(crate) fn due(&self) -> Option<Label> {
        self.ours.front().map(|&(plan, _)| label(plan))
    }

    /// Compares with the frame that was due. A mismatch is remembered, not acted on.
    pub(crate) fn settle(&mut self, frame: &[u8]) -> Result<(), Malformed> {
        let Some((plan, ours)) = self.ours.pop_front() else { return Ok(()) };
        let payload = frame.get(HEADER..).unwrap_or_default();
        let Ok((theirs, [])) = postcard::take_from_bytes::<DigestMessage>(payload) else {
            return Err(Malformed::Undecodable("digest"));
        };
        let theirs = Digests { sent: theirs.sent.into(), received: theirs.received.into() };
        if !ours.matches(&theirs) {
            self.mismatch.get_or_insert(plan.place(ALL_SLOTS));
        }
        Ok(())
    }

    /// The first phase of the run whose digests differ.
    pub(super) fn mismatch(&self) -> Option<Place> {
        self.mismatch
    }
}

fn label(plan: PhasePlan) -> Label {
    Label::new(Kind::Digest, plan.index, ALL_SLOTS)
}
