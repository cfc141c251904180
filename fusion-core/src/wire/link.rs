use std::{
    collections::VecDeque,
    io::Read,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::frame::{HEADER, Kind, Label};
use crate::{
    channel::{Channel, ChannelError, MAX_FRAME, deadline},
    error::{Fault, Malformed, Place},
    protocol::Phase,
    report::{Costs, PhaseCost},
    transcript::{ALL_SLOTS, Digests, Transcript},
};

/// Data is sent at the latest when this much has gathered.
const FLUSH_AT: usize = 256 << 10;

/// How long a TCP frame's length takes on the wire; counted with every frame.
const LENGTH_PREFIX: u64 = 4;

/// How long to wait for the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For one message.
    pub message: Duration,
    /// For one phase: a peer that sends a byte now and then is not waited for longer than this.
    pub phase: Duration,
}

impl Default for Limits {
    /// 30 seconds for a message, 15 minutes for a phase.
    fn default() -> Self {
        Self { message: Duration::from_secs(30), phase: Duration::from_secs(15 * 60) }
    }
}

/// A phase as the link needs to know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PhasePlan {
    pub(crate) index: u16,
    pub(crate) phase: Phase,
}

impl PhasePlan {
    fn place(self, slot: u32) -> Place {
        let slot = (slot != ALL_SLOTS).then_some(slot as usize);
        Place::in_phase(usize::from(self.index), self.phase, slot)
    }
}

/// Changes what is about to be sent; see [`crate::misbehave`].
#[cfg(feature = "test-kit")]
pub(crate) type Tamper = Box<dyn FnMut(Place, &mut [u8]) + Send>;

/// One party's end of a run: framing, counting, hashing, and what went wrong.
pub(crate) struct Link {
    channel: Option<Box<dyn Channel>>,
    limits: Limits,
    now_in: Option<(PhasePlan, u32)>,
    phase_ends: Instant,
    started: Instant,
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
    read_to: usize,
    transcript: Option<Transcript>,
    /// Digests that the peer still owes, oldest first: it sends them when it ends a phase, and
    /// they are read with the next message instead of costing a round of their own.
    owed: VecDeque<(PhasePlan, Digests)>,
    mismatch: Option<Place>,
    costs: Costs,
    cost: PhaseCost,
    listening: bool,
    fault: Option<Fault>,
    #[cfg(feature = "test-kit")]
    pub(crate) tamper: Option<Tamper>,
}

#[derive(Serialize, Deserialize)]
struct DigestMessage {
    sent: [u8; 32],
    received: [u8; 32],
}

impl Link {
    pub(crate) fn new(channel: Box<dyn Channel>, limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            channel: Some(channel),
            limits,
            now_in: None,
            phase_ends: deadline(limits.phase),
            started: now,
            outgoing: Vec::new(),
            incoming: Vec::new(),
            read_to: 0,
            transcript: None,
            owed: VecDeque::new(),
            mismatch: None,
            costs: Costs::default(),
            cost: PhaseCost::new(None),
            listening: false,
            fault: None,
            #[cfg(feature = "test-kit")]
            tamper: None,
        }
    }

    /// Starts a run: nothing said, nothing counted.
    pub(crate) fn begin_run(&mut self) {
        self.now_in = None;
        self.transcript = None;
        self.owed.clear();
        self.mismatch = None;
        self.costs = Costs::default();
        self.begin_cost(None);
    }

    /// Hashes everything from here on.
    pub(crate) fn begin_transcript(&mut self, transcript: Transcript) {
        self.transcript = Some(transcript);
    }

    pub(crate) fn begin_phase(&mut self, plan: PhasePlan) {
        self.end_cost();
        self.begin_cost(Some(&plan.phase));
        if let Some(transcript) = &mut self.transcript {
            transcript.begin_phase(u32::from(plan.index));
        }
        self.now_in = Some((plan, ALL_SLOTS));
    }

    pub(crate) fn begin_slot(&mut self, slot: u32) {
        if let Some((_, current)) = &mut self.now_in {
            *current = slot;
        }
    }

    /// Sends what is left of a slot and makes sure that nothing is left to read.
    pub(crate) fn end_slot(&mut self) -> Result<(), Fault> {
        self.flush()?;
        let unread = self.incoming.len().saturating_sub(self.read_to);
        if unread > 0 {
            return Err(self.malformed(Malformed::Trailing(unread)));
        }
        if let (Some(transcript), Some((_, slot))) = (&mut self.transcript, self.now_in) {
            transcript.end_slot(slot);
        }
        Ok(())
    }

    /// Sends this party's digests. The peer's are compared when they come, and a mismatch is
    /// remembered, not acted on: the verdict is computed once, at the end.
    pub(crate) fn end_phase(&mut self) -> Result<(), Fault> {
        let (Some(transcript), Some((plan, _))) = (&self.transcript, self.now_in) else {
            return Ok(());
        };
        let digests = transcript.digests();
        let message = DigestMessage {
            sent: *digests.sent.as_bytes(),
            received: *digests.received.as_bytes(),
        };
        self.send_message(Label::new(Kind::Digest, plan.index, ALL_SLOTS), &message)?;
        self.owed.push_back((plan, digests));
        Ok(())
    }

    /// Waits for the digests that the peer still owes; the first mismatch of the run.
    pub(crate) fn end_run(&mut self) -> Result<(Option<Place>, Costs), Fault> {
        while !self.owed.is_empty() {
            self.receive_digest()?;
        }
        self.end_cost();
        Ok((self.mismatch, std::mem::take(&mut self.costs)))
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault.clone()
    }

    /// Where the run is.
    pub(crate) fn place(&self) -> Place {
        self.now_in.map_or_else(Place::handshake, |(plan, slot)| plan.place(slot))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.channel.is_some()
    }

    /// Closes the connection without a word.
    pub(crate) fn close(&mut self) {
        self.channel = None;
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.usable()?;
        for chunk in bytes.chunks(FLUSH_AT) {
            if self.outgoing.is_empty() {
                self.outgoing = self.data_label()?.start_frame();
            }
            self.outgoing.extend_from_slice(chunk);
            if self.outgoing.len() >= FLUSH_AT && !self.gathers() {
                self.flush()?;
            }
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<(), Fault> {
        self.usable()?;
        if self.outgoing.is_empty() {
            return Ok(());
        }
        let frame = std::mem::take(&mut self.outgoing);
        #[cfg(feature = "test-kit")]
        if self.tamper.is_some() {
            return self.send_tampered(frame);
        }
        self.send_data(frame)
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.read_to == self.incoming.len() {
            self.flush()?;
            self.receive_data()?;
        }
        let mut ready = self.incoming.get(self.read_to..).unwrap_or_default();
        // Reading from a slice copies what fits and cannot fail.
        let count = ready.read(buffer).unwrap_or_default();
        self.read_to = self.read_to.saturating_add(count);
        Ok(count)
    }

    pub(crate) fn send_message<M: Serialize>(
        &mut self,
        label: Label,
        message: &M,
    ) -> Result<(), Fault> {
        self.flush()?;
        let frame = postcard::to_extend(message, label.start_frame())
            .map_err(|_| self.malformed(Malformed::Undecodable("own")))?;
        self.send_frame(frame)
    }

    /// Receives a message, and its bytes as they came.
    pub(crate) fn receive_message<M: DeserializeOwned>(
        &mut self,
        label: Label,
        name: &'static str,
    ) -> Result<(M, Vec<u8>), Fault> {
        let mut frame = self.receive_frame(label)?;
        let payload = frame.split_off(HEADER);
        match postcard::take_from_bytes(&payload) {
            Ok((message, [])) => Ok((message, payload)),
            _ => Err(self.malformed(Malformed::Undecodable(name))),
        }
    }

    /// Records that the peer sent something malformed; nothing more is sent or received.
    pub(crate) fn malformed(&mut self, reason: Malformed) -> Fault {
        let place = self.place();
        self.fail(Fault::Malformed(place, reason))
    }

    fn send_data(&mut self, frame: Vec<u8>) -> Result<(), Fault> {
        if let (Some(transcript), Some(payload)) = (&mut self.transcript, frame.get(HEADER..)) {
            transcript.sent(payload);
        }
        self.send_frame(frame)
    }

    fn receive_data(&mut self) -> Result<(), Fault> {
        while !self.owed.is_empty() {
            self.receive_digest()?;
        }
        let frame = self.receive_frame(self.data_label()?)?;
        if frame.len() == HEADER {
            return Err(self.malformed(Malformed::Empty));
        }
        if let (Some(transcript), Some(payload)) = (&mut self.transcript, frame.get(HEADER..)) {
            transcript.received(payload);
        }
        self.incoming = frame;
        self.read_to = HEADER;
        Ok(())
    }

    fn receive_digest(&mut self) -> Result<(), Fault> {
        let Some((plan, ours)) = self.owed.pop_front() else { return Ok(()) };
        let label = Label::new(Kind::Digest, plan.index, ALL_SLOTS);
        let (theirs, _) = self.receive_message::<DigestMessage>(label, "digest")?;
        let theirs = Digests { sent: theirs.sent.into(), received: theirs.received.into() };
        if !ours.matches(&theirs) {
            self.mismatch.get_or_insert(plan.place(ALL_SLOTS));
        }
        Ok(())
    }

    fn data_label(&self) -> Result<Label, Fault> {
        match self.now_in {
            Some((plan, slot)) => Ok(Label::new(Kind::Data, plan.index, slot)),
            // A wire kept beyond its run.
            None => Err(Fault::Channel(Place::handshake(), ChannelError::Closed)),
        }
    }

    fn send_frame(&mut self, frame: Vec<u8>) -> Result<(), Fault> {
        self.usable()?;
        self.listening = false;
        self.cost.sent = counted(self.cost.sent, &frame);
        let Some(channel) = &mut self.channel else { return self.usable() };
        channel.send(frame).map_err(|error| self.lost(error))
    }

    fn receive_frame(&mut self, expected: Label) -> Result<Vec<u8>, Fault> {
        self.usable()?;
        if !self.listening {
            self.listening = true;
            self.cost.rounds = self.cost.rounds.saturating_add(1);
        }
        let left = self.phase_ends.saturating_duration_since(Instant::now());
        let wait = self.limits.message.min(left);
        let Some(channel) = &mut self.channel else { return Err(self.lost(ChannelError::Closed)) };
        let frame = channel.recv(wait).map_err(|error| self.lost(error))?;
        self.cost.received = counted(self.cost.received, &frame);
        if frame.len() > MAX_FRAME {
            return Err(self.lost(ChannelError::TooLong(frame.len() as u64)));
        }
        let label = Label::parse(&frame).map_err(|reason| self.malformed(reason))?;
        if label != expected {
            let (expected, got) = (expected.to_string(), label.to_string());
            return Err(self.malformed(Malformed::OutOfOrder { expected, got }));
        }
        Ok(frame)
    }

    fn usable(&self) -> Result<(), Fault> {
        match (&self.fault, &self.channel) {
            (Some(fault), _) => Err(fault.clone()),
            (None, None) => Err(Fault::Channel(self.place(), ChannelError::Closed)),
            (None, Some(_)) => Ok(()),
        }
    }

    fn lost(&mut self, error: ChannelError) -> Fault {
        let place = self.place();
        self.fail(Fault::from_channel(place, error))
    }

    fn fail(&mut self, fault: Fault) -> Fault {
        self.close();
        self.fault.get_or_insert(fault).clone()
    }

    /// A cheating server looks at whole messages, so they are gathered for it.
    fn gathers(&self) -> bool {
        #[cfg(feature = "test-kit")]
        return self.tamper.is_some();
        #[cfg(not(feature = "test-kit"))]
        false
    }

    /// Sends a message as a cheating server changed it: what it hashes is what it sends.
    #[cfg(feature = "test-kit")]
    fn send_tampered(&mut self, mut frame: Vec<u8>) -> Result<(), Fault> {
        let (place, label) = (self.place(), self.data_label()?);
        let mut payload = frame.split_off(HEADER);
        if let Some(tamper) = &mut self.tamper {
            tamper(place, &mut payload);
        }
        for chunk in payload.chunks(FLUSH_AT) {
            let mut frame = label.start_frame();
            frame.extend_from_slice(chunk);
            self.send_data(frame)?;
        }
        Ok(())
    }

    fn begin_cost(&mut self, phase: Option<&Phase>) {
        self.started = Instant::now();
        self.phase_ends = deadline(self.limits.phase);
        self.cost = PhaseCost::new(phase);
        self.listening = false;
    }

    fn end_cost(&mut self) {
        self.cost.time = self.started.elapsed();
        let done = std::mem::replace(&mut self.cost, PhaseCost::new(None));
        self.costs.phases.push(done);
    }
}

/// Bytes with those of one more frame.
fn counted(bytes: u64, frame: &[u8]) -> u64 {
    bytes.saturating_add(frame.len() as u64).saturating_add(LENGTH_PREFIX)
}
