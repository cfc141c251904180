//! Brings the frames of one connection to the slots that they belong to.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    channel::{ChannelError, Incoming, MAX_FRAME, Outgoing},
    error::{Fault, Malformed, Place},
    transcript::ALL_SLOTS,
    wire::{
        Common, Owed, Parts,
        frame::{HEADER, Kind, Label},
    },
};

/// What may lie in the inboxes of all slots together. A peer with more lanes runs ahead of this
/// party, by a message or so per lane.
const BACKLOG: usize = 256 << 20;

/// What a frame takes besides its bytes, so that many small ones are bounded too.
const OVERHEAD: usize = 64;

/// The lane that reads looks this often whether another has failed.
const SLICE: Duration = Duration::from_millis(50);

/// The connection, shared by all slots of a phase.
pub(super) struct Hub {
    common: Common,
    backlog: usize,
    outgoing: Mutex<Option<Box<dyn Outgoing>>>,
    state: Mutex<State>,
}

struct State {
    /// `None` while a lane reads.
    incoming: Option<Box<dyn Incoming>>,
    owed: Owed,
    received: u64,
    inboxes: Vec<Inbox>,
    /// In all inboxes.
    bytes: usize,
    /// The slots that wait for a frame, or for their turn to read.
    waiting: BTreeMap<u32, Arc<Condvar>>,
    heard: Instant,
    stopped: bool,
    fault: Option<Fault>,
}

#[derive(Default)]
struct Inbox {
    frames: VecDeque<Vec<u8>>,
    done: bool,
}

/// A slot's part of the connection.
pub(crate) struct Port {
    hub: Arc<Hub>,
    slot: u32,
}

impl Port {
    pub(super) fn new(hub: Arc<Hub>, slot: u32) -> Self {
        Self { hub, slot }
    }

    pub(crate) fn send(&self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.hub.send(frame)
    }

    /// Receives a frame of the slot. How long to wait is the hub's affair: as long as the peer
    /// says anything at all, it is not silent.
    pub(crate) fn recv(&self) -> Result<Vec<u8>, ChannelError> {
        self.hub.recv(self.slot)
    }
}

impl Hub {
    pub(super) fn new(parts: Parts, common: Common, slots: usize) -> Self {
        let Parts { outgoing, incoming, owed, received } = parts;
        let state = State {
            incoming: Some(incoming),
            owed,
            received,
            inboxes: (0..slots).map(|_| Inbox::default()).collect(),
            bytes: 0,
            waiting: BTreeMap::new(),
            heard: Instant::now(),
            stopped: false,
            fault: None,
        };
        let outgoing = Mutex::new(Some(outgoing));
        Self { common, backlog: BACKLOG, outgoing, state: Mutex::new(state) }
    }

    fn send(&self, frame: Vec<u8>) -> Result<(), ChannelError> {
        let mut outgoing = lock(&self.outgoing);
        let Some(channel) = &mut *outgoing else { return Err(ChannelError::Stopped) };
        let sent = channel.send(frame);
        drop(outgoing);
        sent.map_err(|error| self.fail(Fault::from_channel(self.place(ALL_SLOTS), error)))
    }

    /// Whoever needs a frame and finds nobody reading reads, for all.
    fn recv(&self, slot: u32) -> Result<Vec<u8>, ChannelError> {
        let began = Instant::now();
        let mut state = lock(&self.state);
        loop {
            if state.stopped {
                return Err(ChannelError::Stopped);
            }
            if let Some(frame) = state.take(slot) {
                state.pass_on();
                return Ok(frame);
            }
            let left = self.left(began, state.heard)?;
            state = match state.incoming.take() {
                Some(incoming) => {
                    drop(state);
                    self.read(incoming, left.min(SLICE))
                }
                None => wait(state, slot, left),
            };
        }
    }

    /// Reads a frame, if one comes, and brings it to its slot.
    fn read(&self, mut incoming: Box<dyn Incoming>, wait: Duration) -> MutexGuard<'_, State> {
        let read = incoming.recv(wait);
        let mut state = lock(&self.state);
        if state.stopped {
            return state;
        }
        state.incoming = Some(incoming);
        let fault = match read {
            Ok(frame) => match self.bring(&mut state, frame) {
                Ok(()) => return state,
                Err((place, reason)) => Fault::Malformed(place, reason),
            },
            Err(ChannelError::Silent(_)) => return state,
            Err(error) => Fault::from_channel(self.place(ALL_SLOTS), error),
        };
        drop(state);
        self.fail(fault);
        lock(&self.state)
    }

    fn bring(&self, state: &mut State, frame: Vec<u8>) -> Result<(), (Place, Malformed)> {
        let here = self.place(ALL_SLOTS);
        if frame.len() > MAX_FRAME {
            let error = ChannelError::TooLong(frame.len() as u64);
            return Err((here, Malformed::Channel(error)));
        }
        let label = Label::parse(&frame).map_err(|reason| (here, reason))?;
        state.heard = Instant::now();
        if let Some(due) = state.owed.due() {
            if !label.is_due(due) {
                return Err((here, label.instead_of(due)));
            }
            state.received = Parts::counted(state.received, &frame);
            return state.owed.settle(&frame).map_err(|reason| (here, reason));
        }
        let phase = self.common.plan.index;
        let slots = state.inboxes.len();
        let is_here = label.kind == Kind::Data && label.phase == phase;
        let inbox = usize::try_from(label.slot).ok().filter(|_| is_here);
        let Some(inbox) = inbox.and_then(|slot| state.inboxes.get_mut(slot)) else {
            let expected = format!("data of phase {phase}, of one of its {slots} slots");
            return Err((here, label.instead_of(expected)));
        };
        let place = self.place(label.slot);
        let length = frame.len().saturating_sub(HEADER);
        if length == 0 {
            return Err((place, Malformed::Empty));
        }
        if inbox.done {
            return Err((place, Malformed::Trailing(length)));
        }
        let bytes = state.bytes.saturating_add(size(&frame));
        if bytes > self.backlog {
            return Err((place, Malformed::Ahead(self.backlog)));
        }
        state.bytes = bytes;
        inbox.frames.push_back(frame);
        if let Some(waiting) = state.waiting.get(&label.slot) {
            waiting.notify_one();
        }
        Ok(())
    }

    /// How long a slot may wait that began to wait then.
    fn left(&self, began: Instant, heard: Instant) -> Result<Duration, ChannelError> {
        let limit = self.common.limits.message;
        let (now, quiet_since) = (Instant::now(), began.max(heard));
        let quiet = now.saturating_duration_since(quiet_since);
        if quiet >= limit {
            return Err(ChannelError::Silent(limit));
        }
        let phase = self.common.phase_ends.saturating_duration_since(now);
        if phase.is_zero() {
            return Err(ChannelError::Silent(now.saturating_duration_since(began)));
        }
        Ok(limit.saturating_sub(quiet).min(phase))
    }

    /// Ends a slot: nothing more may come for it.
    pub(super) fn finish(&self, slot: u32) -> Result<(), Fault> {
        let mut state = lock(&self.state);
        let Some(inbox) = state.inbox(slot) else { return Ok(()) };
        inbox.done = true;
        let unread = inbox.frames.iter().map(|frame| frame.len().saturating_sub(HEADER)).sum();
        match unread {
            0 => Ok(()),
            unread => Err(Fault::Malformed(self.place(slot), Malformed::Trailing(unread))),
        }
    }

    /// Nothing is sent or received any more; what a lane waits for is over.
    pub(super) fn stop(&self) {
        let mut state = lock(&self.state);
        state.stopped = true;
        state.waiting.values().for_each(|waiting| waiting.notify_one());
        let incoming = state.incoming.take();
        drop(state);
        // What was sent still goes out first, and nobody else need wait for that.
        let outgoing = lock(&self.outgoing).take();
        drop(outgoing);
        drop(incoming);
    }

    pub(super) fn is_stopped(&self) -> bool {
        lock(&self.state).stopped
    }

    /// What went wrong with the connection as a whole.
    pub(super) fn fault(&self) -> Option<Fault> {
        lock(&self.state).fault.clone()
    }

    fn fail(&self, fault: Fault) -> ChannelError {
        lock(&self.state).fault.get_or_insert(fault);
        self.stop();
        ChannelError::Stopped
    }

    /// The connection again; `None` if it was stopped.
    pub(super) fn take_parts(&self) -> Option<Parts> {
        let outgoing = lock(&self.outgoing).take()?;
        let mut state = lock(&self.state);
        let incoming = state.incoming.take()?;
        let owed = std::mem::take(&mut state.owed);
        Some(Parts { outgoing, incoming, owed, received: state.received })
    }

    fn place(&self, slot: u32) -> Place {
        self.common.plan.place(slot)
    }
}

impl State {
    fn inbox(&mut self, slot: u32) -> Option<&mut Inbox> {
        usize::try_from(slot).ok().and_then(|slot| self.inboxes.get_mut(slot))
    }

    fn take(&mut self, slot: u32) -> Option<Vec<u8>> {
        let frame = self.inbox(slot)?.frames.pop_front()?;
        self.bytes = self.bytes.saturating_sub(size(&frame));
        Some(frame)
    }

    /// Whoever leaves while nobody reads wakes the next who may.
    fn pass_on(&self) {
        if self.incoming.is_some()
            && let Some(next) = self.waiting.values().next()
        {
            next.notify_one();
        }
    }
}

/// Waits for a frame of the slot, or for its turn to read.
fn wait(mut state: MutexGuard<'_, State>, slot: u32, left: Duration) -> MutexGuard<'_, State> {
    let woken = Arc::new(Condvar::new());
    state.waiting.insert(slot, woken.clone());
    let waited = woken.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
    let mut state = waited.0;
    state.waiting.remove(&slot);
    state
}

fn size(frame: &[u8]) -> usize {
    frame.len().saturating_add(OVERHEAD)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        channel::{Carrier, Channel, MemoryChannel, memory_pair},
        protocol::{Phase, Stage},
        wire::{Limits, Link, PhasePlan},
    };

    /// A hub of three slots, with a small backlog, and what the peer speaks through.
    fn hub(limits: Limits) -> (Hub, MemoryChannel) {
        let (here, there) = memory_pair();
        let mut link = Link::new(Carrier::Blocking(Box::new(here)), limits);
        let phase = Phase::new(Stage::Online, "ask", "answer").in_lanes();
        link.begin_run();
        link.begin_phase(PhasePlan { index: 0, phase });
        let (parts, common) = link.take_apart().unwrap();
        (Hub { backlog: 1000, ..Hub::new(parts, common, 3) }, there)
    }

    fn frame(slot: u32, length: usize) -> Vec<u8> {
        let mut frame = Label::new(Kind::Data, 0, slot).start_frame();
        frame.resize(HEADER + length, 1);
        frame
    }

    #[test]
    fn frames_wait_for_their_slot() {
        let (hub, mut peer) = hub(Limits::default());
        for (slot, length) in [(2, 5), (1, 6), (2, 7), (0, 8)] {
            peer.send(frame(slot, length)).unwrap();
        }
        for (slot, length) in [(0, 8), (2, 5), (1, 6), (2, 7)] {
            assert_eq!(hub.recv(slot), Ok(frame(slot, length)));
        }
        assert_eq!(lock(&hub.state).bytes, 0);
        assert!(hub.finish(2).is_ok() && hub.take_parts().is_some());
    }

    #[test]
    fn what_nobody_asks_for_is_bounded_however_it_is_cut() {
        for length in [1, 100, 900] {
            let (hub, mut peer) = hub(Limits::default());
            let frames = 1 + 1000 / (HEADER + OVERHEAD + length);
            (0..frames).for_each(|_| peer.send(frame(1, length)).unwrap());
            assert_eq!(hub.recv(0), Err(ChannelError::Stopped));
            let fault = Fault::Malformed(hub.place(1), Malformed::Ahead(1000));
            assert_eq!(hub.fault(), Some(fault));
            assert_eq!(hub.send(frame(0, 1)), Err(ChannelError::Stopped));
        }
    }

    #[test]
    fn a_slot_that_waits_takes_over_reading() {
        let (mut hub, mut peer) = hub(Limits::default());
        hub.backlog = BACKLOG;
        std::thread::scope(|scope| {
            let slots = [0, 1, 2].map(|slot| {
                let hub = &hub;
                scope.spawn(move || (0..100).all(|_| hub.recv(slot) == Ok(frame(slot, 9))))
            });
            // Slots get all of their frames one after the other: whoever read leaves first.
            for slot in [1, 0, 2] {
                (0..100).for_each(|_| peer.send(frame(slot, 9)).unwrap());
            }
            assert!(slots.map(|slot| slot.join().unwrap()).iter().all(|&came| came));
        });
    }

    #[test]
    fn silence_is_the_slots_own_error() {
        let message = Duration::from_millis(60);
        let (hub, _peer) = hub(Limits { message, ..Limits::default() });
        assert_eq!(hub.recv(1), Err(ChannelError::Silent(message)));
        assert_eq!(hub.fault(), None);
    }
}
