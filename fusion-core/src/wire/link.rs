mod lanes;
mod owed;
mod receive;

use std::{
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use serde::Serialize;

pub(crate) use self::{
    lanes::{Common, Parts, SlotEnd},
    owed::Owed,
};
use super::{
    frame::{HEADER, Kind, Label},
    inner::Inner,
};
use crate::{
    channel::{Carrier, ChannelError, deadline},
    error::{Fault, Incompatible, Malformed, Place},
    freshness::{Saying, Sayings},
    protocol::Phase,
    report::{Costs, PhaseCost},
    transcript::{ALL_SLOTS, Transcript},
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
    pub(crate) fn place(self, slot: u32) -> Place {
        let slot = (slot != ALL_SLOTS).then_some(slot as usize);
        Place::in_phase(usize::from(self.index), self.phase, slot)
    }
}

/// How many bytes of data passed.
#[derive(Clone, Copy, Default)]
struct Passed {
    in_this_slot: Traffic,
    /// In a slot of this phase that came to its end.
    in_a_whole_slot: Option<Traffic>,
}

#[derive(Clone, Copy, Default)]
struct Traffic {
    sent: u64,
    received: u64,
}

/// What a cheating server does with what passes; see [`crate::misbehave`].
#[cfg(feature = "test-kit")]
pub(crate) trait Mischief: Send {
    /// Data came.
    fn heard(&mut self, place: Place, bytes: &[u8]);
    /// A message is about to be sent.
    fn message(&mut self, place: Place, message: &mut [u8]);
    /// A digest is about to be sent.
    fn digest(&mut self, place: Place, digest: &mut [u8; 32]);
}

/// One party's end of a run: framing, counting, hashing, and what went wrong.
pub(crate) struct Link {
    channel: Option<Carrier>,
    limits: Limits,
    running: bool,
    /// No other run is possible, but the channel stays open until it is dropped.
    spent: bool,
    now_in: Option<(PhasePlan, u32)>,
    /// The local step that runs, if no phase does.
    local: Option<(Phase, u32)>,
    phase_ends: Instant,
    started: Instant,
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
    read_to: usize,
    transcript: Option<Transcript>,
    owed: Owed,
    costs: Costs,
    cost: PhaseCost,
    inner: Inner,
    listening: bool,
    fault: Option<Fault>,
    /// How many bytes passed in this slot, and in one of this phase that came to its end.
    passed: Passed,
    /// What this party said in each slot, if that is looked at.
    said: Option<Sayings>,
    #[cfg(feature = "test-kit")]
    pub(crate) mischief: Option<Box<dyn Mischief>>,
}

impl Link {
    pub(crate) fn new(channel: Carrier, limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            channel: Some(channel),
            limits,
            running: false,
            spent: false,
            now_in: None,
            local: None,
            phase_ends: deadline(limits.phase),
            started: now,
            outgoing: Vec::new(),
            incoming: Vec::new(),
            read_to: 0,
            transcript: None,
            owed: Owed::default(),
            costs: Costs::default(),
            cost: PhaseCost::new(None),
            inner: Inner::default(),
            listening: false,
            fault: None,
            passed: Passed::default(),
            said: None,
            #[cfg(feature = "test-kit")]
            mischief: None,
        }
    }

    /// Starts a run: nothing said, nothing counted.
    pub(crate) fn begin_run(&mut self) {
        self.running = true;
        self.now_in = None;
        self.local = None;
        self.said = None;
        self.transcript = None;
        self.owed = Owed::default();
        self.costs = Costs::default();
        self.begin_cost(None);
    }

    /// Ends a run that came to its end; handles that are left lead nowhere.
    pub(crate) fn end(&mut self, reusable: bool) {
        self.spent |= !reusable;
        #[cfg(feature = "test-kit")]
        {
            self.mischief = None;
        }
        self.running = false;
        self.now_in = None;
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.spent
    }

    #[cfg(feature = "async")]
    pub(crate) fn is_full(&self) -> bool {
        self.channel.as_ref().is_some_and(Carrier::is_full)
    }

    /// Hashes everything from here on.
    pub(crate) fn begin_transcript(&mut self, transcript: Transcript) {
        self.transcript = Some(transcript);
    }

    /// A wire that refuses everything.
    pub(crate) fn closed() -> Self {
        let mut link = Self::new(Carrier::nowhere(), Limits::default());
        link.close();
        link
    }

    /// Begins a step without messages: until the next phase, nothing can be sent or received.
    pub(crate) fn begin_local(&mut self, step: &Phase) {
        self.end_cost();
        self.begin_cost(Some(step));
        self.now_in = None;
        self.local = Some((*step, ALL_SLOTS));
    }

    pub(crate) fn begin_phase(&mut self, plan: PhasePlan) {
        self.end_cost();
        self.begin_cost(Some(&plan.phase));
        if let Some(transcript) = &mut self.transcript {
            transcript.begin_phase(u32::from(plan.index));
        }
        self.now_in = Some((plan, ALL_SLOTS));
        self.local = None;
        self.passed = Passed::default();
    }

    pub(crate) fn begin_slot(&mut self, slot: u32) {
        self.inner.begin_slot();
        self.passed.in_this_slot = Traffic::default();
        if let Some((_, current)) = &mut self.now_in {
            *current = slot;
        }
        if let Some((_, current)) = &mut self.local {
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
        self.passed.in_a_whole_slot.get_or_insert(self.passed.in_this_slot);
        self.close_slot();
        Ok(())
    }

    /// Whether a slot in which this party's code failed can go on as if it had not: it has said all that it
    /// says in a slot, as far as another one of the phase tells.
    pub(crate) fn has_said_all(&self) -> bool {
        let unsent = self.outgoing.len().saturating_sub(HEADER) as u64;
        let said = self.passed.in_this_slot.sent.saturating_add(unsent);
        self.passed.in_a_whole_slot.is_none_or(|whole| said >= whole.sent)
    }

    /// Ends a slot in which this party's code failed after it had heard the peer, as if it had not:
    /// reads as much as another slot of the phase did, and drops it. A peer must not see from how the
    /// slot ends whether it failed.
    pub(crate) fn poll_end_failed_slot(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.flush()?;
        self.read_to = self.incoming.len();
        if let Some(Traffic { received: due, .. }) = self.passed.in_a_whole_slot {
            while self.passed.in_this_slot.received < due {
                ready!(self.poll_data(cx))?;
                self.read_to = self.incoming.len();
            }
            let more = self.passed.in_this_slot.received.saturating_sub(due);
            if more > 0 {
                let more = usize::try_from(more).unwrap_or(usize::MAX);
                return Poll::Ready(Err(self.malformed(Malformed::Trailing(more))));
            }
        }
        self.close_slot();
        Poll::Ready(Ok(()))
    }

    fn close_slot(&mut self) {
        let Some((plan, slot)) = self.now_in else { return };
        if let Some(transcript) = &mut self.transcript {
            transcript.end_slot(slot);
        }
        if let Some(said) = self.said.as_mut().filter(|_| slot != ALL_SLOTS) {
            said.end_slot(plan.index, slot);
        }
    }

    /// Keeps what this party says in each slot, as a short hash.
    pub(crate) fn listen_to_own(&mut self, key: [u8; 32]) {
        self.said = Some(Sayings::new(key));
    }

    /// What this party said in each slot of this run.
    pub(crate) fn take_said(&mut self) -> Vec<Saying> {
        self.said.take().map_or_else(Vec::new, Sayings::into_vec)
    }

    /// Sends this party's digests. The peer's are compared when they come, and a mismatch is
    /// remembered, not acted on: the verdict is computed once, at the end.
    pub(crate) fn end_phase(&mut self) -> Result<(), Fault> {
        let (Some(transcript), Some((plan, _))) = (&self.transcript, self.now_in) else {
            return Ok(());
        };
        let digests = transcript.digests();
        #[cfg_attr(not(feature = "test-kit"), expect(unused_mut))]
        let (label, mut message) = self.owed.add(plan, digests);
        #[cfg(feature = "test-kit")]
        if let Some(mischief) = &mut self.mischief {
            mischief.digest(plan.place(ALL_SLOTS), &mut message.sent);
        }
        self.send_message(label, &message).map(drop)
    }

    /// Waits for the digests that the peer still owes, and for what is still to be sent; the first
    /// mismatch of the run.
    pub(crate) fn poll_end_run(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(Option<Place>, Costs), Fault>> {
        ready!(self.poll_owed(cx))?;
        ready!(self.poll_flushed(cx))?;
        self.end_cost();
        Poll::Ready(Ok((self.owed.mismatch(), std::mem::take(&mut self.costs))))
    }

    /// Begins an inner phase of the step.
    pub(crate) fn enter(&mut self, name: &'static str) {
        self.flush_before_a_mark();
        self.inner.enter(name, &self.cost);
    }

    /// Ends the inner phase that began last.
    pub(crate) fn leave(&mut self) {
        self.flush_before_a_mark();
        self.inner.leave(&mut self.cost);
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault.clone()
    }

    /// Where the run is.
    pub(crate) fn place(&self) -> Place {
        let slot_of = |slot| (slot != ALL_SLOTS).then_some(slot as usize);
        match (self.now_in, self.local) {
            (Some((plan, slot)), _) => plan.place(slot),
            (None, Some((step, slot))) => Place::in_local(step, slot_of(slot)),
            (None, None) => Place::handshake(),
        }
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
                self.outgoing = self.data_label()?.inside(self.inner.current()).start_frame();
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
        if self.mischief.is_some() {
            return self.send_spoilt(frame);
        }
        self.send_data(frame)
    }

    /// Waits until all that was sent is on its way; a blocking channel sees to that by itself.
    pub(crate) fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.usable()?;
        let Some(channel) = &mut self.channel else { return Poll::Ready(Ok(())) };
        channel.poll_flush(cx).map_err(|error| self.lost(error))
    }

    /// A blocking phase cannot wait on an asynchronous connection.
    pub(crate) fn cannot_block(&mut self) -> Fault {
        self.lost(ChannelError::NotBlocking)
    }

    /// Sends a message; gives its bytes.
    pub(crate) fn send_message<M: Serialize>(
        &mut self,
        label: Label,
        message: &M,
    ) -> Result<Vec<u8>, Fault> {
        self.flush()?;
        let frame = postcard::to_extend(message, label.start_frame())
            .map_err(|_| self.malformed(Malformed::Undecodable("own")))?;
        let payload = frame.get(HEADER..).map(<[u8]>::to_vec);
        let payload = payload.ok_or_else(|| self.malformed(Malformed::Empty))?;
        self.send_frame(frame)?;
        Ok(payload)
    }

    /// Records that the peer sent something malformed; nothing more is sent or received.
    pub(crate) fn malformed(&mut self, reason: Malformed) -> Fault {
        let place = self.place();
        self.fail(Fault::Malformed(place, reason))
    }

    /// Records that the parties do not fit together; nothing more is sent or received.
    pub(crate) fn incompatible(&mut self, reason: Incompatible) -> Fault {
        self.fail(Fault::Incompatible(reason))
    }

    fn send_data(&mut self, frame: Vec<u8>) -> Result<(), Fault> {
        if let (Some(transcript), Some(payload)) = (&mut self.transcript, frame.get(HEADER..)) {
            transcript.sent(self.inner.current(), payload);
        }
        let length = frame.len().saturating_sub(HEADER) as u64;
        self.passed.in_this_slot.sent = self.passed.in_this_slot.sent.saturating_add(length);
        let in_a_slot = self.now_in.is_some_and(|(_, slot)| slot != ALL_SLOTS);
        if let (true, Some(said), Some(payload)) = (in_a_slot, &mut self.said, frame.get(HEADER..))
        {
            said.add(payload);
        }
        self.send_frame(frame)
    }

    /// What is in the buffer belongs to what came before the mark. A failure shows again with the
    /// next thing that is sent.
    fn flush_before_a_mark(&mut self) {
        if self.now_in.is_some() {
            let _ = self.flush();
        }
    }

    fn data_label(&self) -> Result<Label, Fault> {
        match self.now_in {
            Some((plan, slot)) => Ok(Label::new(Kind::Data, plan.index, slot)),
            // A local step, or a wire kept beyond its run.
            None => Err(Fault::Channel(Place::handshake(), ChannelError::OutsidePhase)),
        }
    }

    fn send_frame(&mut self, frame: Vec<u8>) -> Result<(), Fault> {
        self.usable()?;
        self.listening = false;
        self.cost.sent = counted(self.cost.sent, &frame);
        let Some(channel) = &mut self.channel else { return self.usable() };
        channel.send(frame).map_err(|error| self.lost(error))
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
        return self.mischief.is_some();
        #[cfg(not(feature = "test-kit"))]
        false
    }

    /// Sends a message as a cheating server changed it: what it hashes is what it sends.
    #[cfg(feature = "test-kit")]
    fn send_spoilt(&mut self, mut frame: Vec<u8>) -> Result<(), Fault> {
        let (place, label) = (self.place(), self.data_label()?.inside(self.inner.current()));
        let mut payload = frame.split_off(HEADER);
        if let Some(mischief) = &mut self.mischief {
            mischief.message(place, &mut payload);
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
