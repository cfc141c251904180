use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    channel::{Channel, ChannelError},
    wire::frame::{Kind, Label},
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
}

/// What passed, for reading while or after the channel is used.
#[derive(Debug, Clone, Default)]
pub struct Recording(Arc<Mutex<Vec<Event>>>);

impl Recording {
    /// Everything so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, sent: bool, frame: &[u8]) {
        let phase = Label::parse(frame).ok().and_then(|label| match label.kind {
            Kind::Hello | Kind::Welcome => None,
            Kind::Data | Kind::Digest => Some(label.phase),
        });
        let event = Event { sent, length: frame.len(), phase };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
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
}
