//! A channel as a stream: what is written goes out when it fills a frame, or at a read or flush.

use std::io::{self, Read, Write};
use std::time::Duration;

use fusion_core::channel::Channel;

const WAIT: Duration = Duration::from_secs(60);
const FRAME: usize = 1 << 16;

pub(crate) struct Stream<C> {
    channel: C,
    incoming: Vec<u8>,
    read: usize,
    outgoing: Vec<u8>,
    /// Bytes sent, without framing.
    pub(crate) sent: u64,
}

impl<C: Channel> Stream<C> {
    pub(crate) fn new(channel: C) -> Self {
        Self { channel, incoming: Vec::new(), read: 0, outgoing: Vec::new(), sent: 0 }
    }
}

impl<C: Channel> Read for Stream<C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.flush()?;
        if self.read == self.incoming.len() {
            self.incoming = match self.channel.recv(WAIT) {
                Ok(frame) => frame,
                Err(fusion_core::channel::ChannelError::Closed) => return Ok(0),
                Err(error) => return Err(io::Error::other(error)),
            };
            self.read = 0;
        }
        let rest = &self.incoming[self.read..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(count)
    }
}

impl<C: Channel> Write for Stream<C> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        if self.outgoing.len() >= FRAME {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        self.sent += self.outgoing.len() as u64;
        let frame = std::mem::replace(&mut self.outgoing, Vec::with_capacity(FRAME + (FRAME >> 1)));
        self.channel.send(frame).map_err(io::Error::other)
    }
}
