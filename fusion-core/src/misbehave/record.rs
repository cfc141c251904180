use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    channel::{Channel, ChannelError, Incoming, Outgoing},
    transcript::ALL_SLOTS,
    wire::frame::{HEADER, Kind, Label},
};

/// A frame that passed, as an eavesdropper sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Whether this end sent it.
    pub sent: bool,
    /// Its length, with its header.
    pub length: usize,
    /// The phase it belongs to; `None` for the handshake.
    pub phase: Option<u16>,
    /// The slot it belongs to; `None` in the handshake and where a phase is called once.
    pub slot: Option<u32>,
}

/// What passed, for reading while or after the channel is used.
#[derive(Debug, Clone, Default)]
pub struct Recording(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    events: Vec<Event>,
    /// What this end said in each phase.
    said: BTreeMap<u16, Vec<u8>>,
}

impl Recording {
    /// Everything so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.record().events.clone()
    }

    /// The data that this end sent, phase by phase, slots one after the other.
    #[must_use]
    pub fn said(&self) -> BTreeMap<u16, Vec<u8>> {
        self.record().said.clone()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, sent: bool, frame: &[u8]) {
        let label = Label::parse(frame)
            .ok()
            .filter(|label| matches!(label.kind, Kind::Data | Kind::Digest));
        let phase = label.map(|label| label.phase);
        let slot = label.map(|label| label.slot).filter(|&slot| slot != ALL_SLOTS);
        let event = Event { sent, length: frame.len(), phase, slot };
        let mut record = self.record();
        record.events.push(event);
        if let (true, Some(label)) = (sent, label.filter(|label| label.kind == Kind::Data)) {
            let said = record.said.entry(label.phase).or_default();
            said.extend_from_slice(frame.get(HEADER..).unwrap_or_default());
        }
    }
}

/// A channel that records the direction, length and phase of every frame.
pub struct Recorded<C> {
    inner: C,
    recording: Recording,
}

impl<C: Channel> Recorded<C> {
    /// Records what passes through `inner`.
    pub fn new(inner: C) -> (Self, Recording) {
        let recording = Recording::default();
        (Self { inner, recording: recording.clone() }, recording)
    }
}

impl<C: Channel> Channel for Recorded<C> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.recording.note(true, &frame);
        self.inner.send(frame)
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        let frame = self.inner.recv(wait)?;
        self.recording.note(false, &frame);
        Ok(frame)
    }

    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        let Self { inner, recording } = *self;
        let (outgoing, incoming) = Box::new(inner).split();
        (
            Box::new(RecordedHalf { inner: outgoing, recording: recording.clone() }),
            Box::new(RecordedHalf { inner: incoming, recording }),
        )
    }
}

struct RecordedHalf<H> {
    inner: H,
    recording: Recording,
}

impl Outgoing for RecordedHalf<Box<dyn Outgoing>> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.recording.note(true, &frame);
        self.inner.send(frame)
    }
}

impl Incoming for RecordedHalf<Box<dyn Incoming>> {
    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        let frame = self.inner.recv(wait)?;
        self.recording.note(false, &frame);
        Ok(frame)
    }
}
