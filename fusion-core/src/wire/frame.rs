use std::fmt;

use crate::{error::Malformed, transcript::ALL_SLOTS};

/// Kind (1 byte), phase (2 bytes), slot (4 bytes), inner phase (2 bytes), little endian. Frozen
/// with the wire version.
pub(crate) const HEADER: usize = 9;

/// Goes up whenever frames, handshake or transcript change.
pub(crate) const WIRE_VERSION: u16 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Hello = 1,
    Welcome = 2,
    Data = 3,
    Digest = 4,
}

/// What a frame is and where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) kind: Kind,
    pub(crate) phase: u16,
    pub(crate) slot: u32,
    /// Which inner phase of the sender's step the data belongs to; 0 for none.
    pub(crate) inner: u16,
}

impl Label {
    pub(crate) const fn new(kind: Kind, phase: u16, slot: u32) -> Self {
        Self { kind, phase, slot, inner: 0 }
    }

    pub(crate) const fn inside(mut self, inner: u16) -> Self {
        self.inner = inner;
        self
    }

    /// Whether the frame is the one that is due: where the sender divides its step is its own
    /// affair.
    pub(crate) fn is_due(self, expected: Self) -> bool {
        let inner = if self.kind == Kind::Data { self.inner } else { 0 };
        self == expected.inside(inner)
    }

    /// What is wrong with a frame that came where another is due.
    pub(crate) fn instead_of(self, expected: impl fmt::Display) -> Malformed {
        Malformed::OutOfOrder { expected: expected.to_string(), got: self.to_string() }
    }

    /// A frame that so far holds only this header; the payload follows it.
    pub(crate) fn start_frame(self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(256);
        frame.push(self.kind as u8);
        frame.extend_from_slice(&self.phase.to_le_bytes());
        frame.extend_from_slice(&self.slot.to_le_bytes());
        frame.extend_from_slice(&self.inner.to_le_bytes());
        frame
    }

    /// Reads the header of a frame from the peer.
    pub(crate) fn parse(frame: &[u8]) -> Result<Self, Malformed> {
        let &[kind, phase0, phase1, slot0, slot1, slot2, slot3, inner0, inner1, ..] = frame else {
            return Err(Malformed::NoHeader(frame.len()));
        };
        let kind = match kind {
            1 => Kind::Hello,
            2 => Kind::Welcome,
            3 => Kind::Data,
            4 => Kind::Digest,
            other => return Err(Malformed::UnknownKind(other)),
        };
        let phase = u16::from_le_bytes([phase0, phase1]);
        let slot = u32::from_le_bytes([slot0, slot1, slot2, slot3]);
        Ok(Self::new(kind, phase, slot).inside(u16::from_le_bytes([inner0, inner1])))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Hello => f.write_str("a hello"),
            Kind::Welcome => f.write_str("a welcome"),
            Kind::Digest => write!(f, "the digests of phase {}", self.phase),
            Kind::Data if self.slot == ALL_SLOTS => write!(f, "data of phase {}", self.phase),
            Kind::Data => write!(f, "data of phase {}, slot {}", self.phase, self.slot),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_answer() {
        let frame = Label::new(Kind::Data, 0x0102, 0x0304_0506).inside(0x0708).start_frame();
        assert_eq!(frame, [3, 2, 1, 6, 5, 4, 3, 8, 7]);
    }

    proptest! {
        #[test]
        fn any_bytes_parse_or_are_refused(frame in proptest::collection::vec(any::<u8>(), 0..32)) {
            match Label::parse(&frame) {
                Ok(label) => prop_assert_eq!(&label.start_frame()[..], &frame[..HEADER]),
                Err(Malformed::NoHeader(length)) => prop_assert!(length < HEADER),
                Err(Malformed::UnknownKind(kind)) => prop_assert!(!(1..=4).contains(&kind)),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }
}
