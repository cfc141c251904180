//! A link taken apart for a phase in which several slots are under way at once, and put together
//! again.

use std::time::Instant;

use super::{Limits, Link, Owed, PhasePlan, counted};
use crate::{
    channel::{Carrier, ChannelError, Incoming, Outgoing},
    error::{Fault, Place},
    freshness::{Saying, Sayings},
    lanes::Port,
    report::PhaseCost,
    transcript::{Digests, Transcript},
};

/// What travels, while no link holds it.
pub(crate) struct Parts {
    pub(crate) outgoing: Box<dyn Outgoing>,
    pub(crate) incoming: Box<dyn Incoming>,
    pub(crate) owed: Owed,
    /// Bytes received that belong to no slot.
    pub(crate) received: u64,
}

impl Parts {
    /// Counts a frame that belongs to no slot.
    pub(crate) fn counted(received: u64, frame: &[u8]) -> u64 {
        counted(received, frame)
    }
}

/// What the links of all slots have in common.
#[derive(Clone, Copy)]
pub(crate) struct Common {
    pub(crate) plan: PhasePlan,
    pub(crate) limits: Limits,
    pub(crate) phase_ends: Instant,
    digests: Option<Digests>,
    /// The key for what this party says, if that is looked at.
    said: Option<[u8; 32]>,
}

impl Link {
    /// Takes the link apart.
    pub(crate) fn take_apart(&mut self) -> Result<(Parts, Common), Fault> {
        self.flush()?;
        let Some((plan, _)) = self.now_in else {
            return Err(Fault::Channel(Place::handshake(), ChannelError::OutsidePhase));
        };
        let (outgoing, incoming) = match self.channel.take() {
            Some(Carrier::Blocking(channel)) => channel.split(),
            Some(Carrier::Halves(outgoing, incoming)) => (outgoing, incoming),
            Some(Carrier::Polled(_)) => return Err(self.lost(ChannelError::NotBlocking)),
            Some(Carrier::Lane(_)) | None => return Err(self.lost(ChannelError::Closed)),
        };
        let common = Common {
            plan,
            limits: self.limits,
            phase_ends: self.phase_ends,
            digests: self.transcript.as_ref().map(Transcript::digests),
            said: self.said.as_ref().map(Sayings::key),
        };
        let owed = std::mem::take(&mut self.owed);
        Ok((Parts { outgoing, incoming, owed, received: 0 }, common))
    }

    /// Puts it together again after all slots, whose digests are in slot order.
    pub(crate) fn put_together(&mut self, parts: Parts, slots: Vec<SlotEnd>, cost: PhaseCost) {
        let Parts { outgoing, incoming, owed, received } = parts;
        self.channel = Some(Carrier::Halves(outgoing, incoming));
        self.owed = owed;
        for SlotEnd { slot, digests, said } in slots {
            if let (Some(transcript), Some(digests)) = (&mut self.transcript, digests) {
                transcript.add_slot(slot, &digests);
            }
            if let Some(all) = &mut self.said {
                all.extend(said);
            }
        }
        self.cost.sent = self.cost.sent.saturating_add(cost.sent);
        self.cost.received =
            self.cost.received.saturating_add(cost.received).saturating_add(received);
        self.cost.rounds = self.cost.rounds.saturating_add(cost.rounds);
        self.cost.inner = cost.inner;
    }

    /// The link of a slot. `listening` says whether its lane has sent nothing since it last waited.
    pub(crate) fn of_slot(common: &Common, port: Port, slot: u32, listening: bool) -> Self {
        let mut link = Self::new(Carrier::Lane(port), common.limits);
        link.running = true;
        link.now_in = Some((common.plan, slot));
        link.phase_ends = common.phase_ends;
        link.transcript = common.digests.map(|common| Transcript::of_slot(&common, slot));
        link.said = common.said.map(Sayings::new);
        link.listening = listening;
        link
    }

    /// Ends the link of a slot; handles that are left lead nowhere.
    pub(crate) fn end_of_slot(&mut self, slot: u32) -> (SlotEnd, PhaseCost, bool) {
        self.close();
        self.end(true);
        let digests = self.transcript.as_ref().map(Transcript::digests);
        let end = SlotEnd { slot, digests, said: self.take_said() };
        (end, std::mem::replace(&mut self.cost, PhaseCost::new(None)), self.listening)
    }
}

/// What is left of the link of a slot.
pub(crate) struct SlotEnd {
    pub(crate) slot: u32,
    digests: Option<Digests>,
    said: Vec<Saying>,
}
