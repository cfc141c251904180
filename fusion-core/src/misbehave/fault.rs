use std::{thread, time::Duration};

use crate::{
    channel::{Channel, ChannelError, Incoming, Outgoing, memory_pair},
    transcript::ALL_SLOTS,
    wire::frame::{HEADER, Kind, Label},
};

/// What happens to a frame on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// One bit of its content flips.
    Flip,
    /// It does not arrive.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// The frame before it arrives again in its place.
    Replay,
    /// The frame after it arrives first.
    Reorder,
    /// Half of its content is missing.
    Truncate,
    /// A byte is added to its content.
    Extend,
    /// It is late by this much.
    Delay(Duration),
    /// Neither it nor anything after it arrives, and the connection stays open.
    Stall,
    /// The connection closes in its place.
    Close,
}

impl Fault {
    /// All of them; the delay is a short one.
    pub const ALL: [Self; 10] = [
        Self::Flip,
        Self::Drop,
        Self::Duplicate,
        Self::Replay,
        Self::Reorder,
        Self::Truncate,
        Self::Extend,
        Self::Delay(Duration::from_millis(1)),
        Self::Stall,
        Self::Close,
    ];
}

/// Which of the frames that an end sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    kind: Kind,
    phase: u16,
    slot: Option<u32>,
    before: usize,
}

impl At {
    /// The first data in the phase with this index in the protocol's list.
    #[must_use]
    pub fn data(phase: u16) -> Self {
        Self { kind: Kind::Data, phase, slot: None, before: 0 }
    }

    /// The digests at the end of that phase.
    #[must_use]
    pub fn digest(phase: u16) -> Self {
        Self { kind: Kind::Digest, phase, slot: None, before: 0 }
    }

    /// Only data of this slot (of all slots, in a phase that runs once).
    #[must_use]
    pub fn slot(mut self, slot: Option<u32>) -> Self {
        self.slot = Some(slot.unwrap_or(ALL_SLOTS));
        self
    }

    /// The frame after so many like it.
    #[must_use]
    pub fn after(mut self, before: usize) -> Self {
        self.before = before;
        self
    }

    fn is(self, frame: &[u8]) -> bool {
        Label::parse(frame).is_ok_and(|label| {
            (label.kind, label.phase) == (self.kind, self.phase)
                && self.slot.is_none_or(|slot| label.slot == slot)
        })
    }
}

/// A link on which one fault happens to what this end sends.
pub struct Faulty<C> {
    inner: Option<C>,
    line: Line,
}

/// What becomes of frames on such a link.
struct Line {
    fault: Fault,
    at: At,
    /// How many frames like the chosen one have passed; `None` once the fault has happened.
    passed: Option<usize>,
    before: Option<Vec<u8>>,
    held: Option<Vec<u8>>,
    stalled: bool,
}

/// The link closes.
struct Closes;

impl<C: Channel> Faulty<C> {
    /// The link `inner`, on which `fault` happens to the frame at `at`.
    pub fn new(inner: C, fault: Fault, at: At) -> Self {
        let line = Line { fault, at, passed: Some(0), before: None, held: None, stalled: false };
        Self { inner: Some(inner), line }
    }
}

impl Line {
    /// Sends what travels in place of this frame, and closes the link if that is the fault.
    fn send<L>(
        &mut self,
        link: &mut Option<L>,
        frame: Vec<u8>,
        send: impl Fn(&mut L, Vec<u8>) -> Result<(), ChannelError>,
    ) -> Result<(), ChannelError> {
        let Ok(frames) = self.carry(frame) else {
            *link = None;
            return Err(ChannelError::Closed);
        };
        let link = link.as_mut().ok_or(ChannelError::Closed)?;
        frames.into_iter().try_for_each(|frame| send(link, frame))
    }

    /// What travels in place of this frame.
    fn carry(&mut self, frame: Vec<u8>) -> Result<Vec<Vec<u8>>, Closes> {
        if self.stalled {
            return Ok(Vec::new());
        }
        if let Some(held) = self.held.take() {
            return Ok(vec![frame, held]);
        }
        if let Some(passed) = self.passed.filter(|_| self.at.is(&frame)) {
            self.passed = (passed < self.at.before).then_some(passed.saturating_add(1));
            if self.passed.is_none() {
                return self.spoil(frame);
            }
        }
        self.before = Some(frame.clone());
        Ok(vec![frame])
    }

    fn spoil(&mut self, mut frame: Vec<u8>) -> Result<Vec<Vec<u8>>, Closes> {
        match self.fault {
            Fault::Flip => {
                if let Some(last) = frame.get_mut(HEADER..).and_then(<[u8]>::last_mut) {
                    *last ^= 1;
                }
            }
            Fault::Drop => return Ok(Vec::new()),
            Fault::Duplicate => return Ok(vec![frame.clone(), frame]),
            Fault::Replay => frame = self.before.take().unwrap_or(frame),
            Fault::Reorder => {
                self.held = Some(frame);
                return Ok(Vec::new());
            }
            Fault::Truncate => frame.truncate(HEADER.midpoint(frame.len())),
            Fault::Extend => frame.push(0),
            Fault::Delay(delay) => thread::sleep(delay),
            Fault::Stall => {
                self.stalled = true;
                return Ok(Vec::new());
            }
            Fault::Close => return Err(Closes),
        }
        Ok(vec![frame])
    }
}

impl<C: Channel> Channel for Faulty<C> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.line.send(&mut self.inner, frame, C::send)
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        self.inner.as_mut().ok_or(ChannelError::Closed)?.recv(wait)
    }

    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        let Self { inner, line } = *self;
        let Some(inner) = inner else { return Box::new(memory_pair().0).split() };
        let (inner, incoming) = Box::new(inner).split();
        (Box::new(FaultyOutgoing { inner: Some(inner), line }), incoming)
    }
}

struct FaultyOutgoing {
    inner: Option<Box<dyn Outgoing>>,
    line: Line,
}

impl Outgoing for FaultyOutgoing {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.line.send(&mut self.inner, frame, |inner, frame| inner.send(frame))
    }
}
