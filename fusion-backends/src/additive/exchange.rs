//! Messages between the parties, for all slots at once.
//!
//! What a party says waits until it has to hear something: then all of it goes out as one message.
//! So the second half of one opening travels with the first half of the next, and an activation
//! costs two round trips for its four openings, whatever the number of slots. A message holds all
//! of slot 0, then all of slot 1, in parts of equal length.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use super::chain::{Chain, Layer};
use super::layout::Layout;

/// Bytes of each section of a message, for one slot.
type Sections = Vec<usize>;

/// What is taken at once before the peer has sent anything.
const AHEAD: usize = 1 << 20;

pub(super) struct Exchange<'a, R, W> {
    slots: usize,
    reader: &'a mut R,
    writer: &'a mut W,
    /// Messages that the peer has yet to send.
    expected: std::vec::IntoIter<Sections>,
    incoming: VecDeque<Vec<u8>>,
    outgoing: Vec<Vec<u8>>,
}

impl<'a, R: Read, W: Write> Exchange<'a, R, W> {
    /// `expected`: what the peer sends, by [`client_messages`] or [`server_messages`].
    pub(super) fn new(
        slots: usize,
        expected: Vec<Sections>,
        reader: &'a mut R,
        writer: &'a mut W,
    ) -> Self {
        let expected = expected.into_iter();
        Self { slots, reader, writer, expected, incoming: VecDeque::new(), outgoing: Vec::new() }
    }

    /// Says a section: equal parts for each slot, one after the other.
    pub(super) fn say(&mut self, section: Vec<u8>) {
        self.outgoing.push(section);
    }

    /// Hears the next section. What was said goes out first if the peer must speak.
    pub(super) fn hear(&mut self) -> io::Result<Vec<u8>> {
        if self.incoming.is_empty() {
            self.send()?;
            self.receive()?;
        }
        self.incoming.pop_front().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Sends what was said.
    pub(super) fn send(&mut self) -> io::Result<()> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        let mut parts: Vec<_> = (self.outgoing.iter())
            .map(|section| section.chunks(section.len().div_ceil(self.slots.max(1)).max(1)))
            .collect();
        let total = self.outgoing.iter().fold(0, |sum: usize, part| sum.saturating_add(part.len()));
        let mut message = Vec::with_capacity(total);
        for _ in 0..self.slots {
            parts.iter_mut().filter_map(Iterator::next).for_each(|part| message.extend(part));
        }
        drop(parts);
        self.outgoing.clear();
        self.writer.write_all(&message)?;
        self.writer.flush()
    }

    /// Hears a whole message. The server starts with it: an activation speaks before it hears, and
    /// the two parties must not both speak first.
    ///
    /// Memory grows with what arrives, up to the length that is known beforehand.
    pub(super) fn receive(&mut self) -> io::Result<()> {
        let lengths = self.expected.next().ok_or(io::ErrorKind::UnexpectedEof)?;
        let part = lengths.iter().fold(0, |sum: usize, length| sum.saturating_add(*length));
        let total = part.saturating_mul(self.slots);
        let mut message = Vec::with_capacity(total.min(AHEAD));
        let limit = u64::try_from(total).unwrap_or(u64::MAX);
        self.reader.by_ref().take(limit).read_to_end(&mut message)?;
        if message.len() != total {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut sections: Vec<_> = lengths
            .iter()
            .map(|length| Vec::with_capacity(length.saturating_mul(self.slots)))
            .collect();
        let mut rest = message.as_slice();
        for _ in 0..self.slots {
            for (section, length) in sections.iter_mut().zip(&lengths) {
                let (part, left) = rest.split_at_checked(*length).unwrap_or_default();
                section.extend_from_slice(part);
                rest = left;
            }
        }
        self.incoming.extend(sections);
        Ok(())
    }
}

/// What the client sends online: the opening of z and, before it, the inputs of dense layers; then
/// its indices into the tables.
pub(super) fn client_messages(chain: &Chain) -> Vec<Sections> {
    let (mut messages, mut open) = (Vec::new(), Vec::new());
    for layer in chain.layers() {
        match *layer {
            Layer::Dense { inputs, .. } => open.push(words(inputs)),
            Layer::Activation { width, shift, .. } => {
                let opening = Opening::new(width, shift);
                open.push(opening.z);
                messages.push(open);
                messages.push(vec![opening.groups, opening.last]);
                open = vec![opening.results];
            }
        }
    }
    messages.push(open);
    messages
}

/// What the server sends online: two messages for each activation, and its share of the output.
pub(super) fn server_messages(chain: &Chain) -> Vec<Sections> {
    let mut messages = Vec::new();
    for layer in chain.layers() {
        if let Layer::Activation { width, shift, .. } = *layer {
            let opening = Opening::new(width, shift);
            messages.push(vec![opening.z, opening.groups]);
            messages.push(vec![opening.last, opening.results]);
        }
    }
    messages.push(vec![words(chain.outputs())]);
    messages
}

/// Bytes of the four openings of an activation, for one slot.
struct Opening {
    z: usize,
    groups: usize,
    last: usize,
    results: usize,
}

impl Opening {
    fn new(width: usize, shift: u32) -> Self {
        let groups = Layout::new(shift).groups.len();
        Self {
            z: words(width),
            groups: width.saturating_mul(groups),
            last: width.saturating_mul(2),
            results: width.div_ceil(4),
        }
    }
}

fn words(count: usize) -> usize {
    count.saturating_mul(8)
}
