//! Between a party and the dealer: requests, replies, and words in frames.

use std::time::Duration;

use fusion_core::channel::{Channel, ChannelError};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::error::{AdditiveError, Refusal};
use crate::model::Architecture;

/// How long a party waits for the dealer, unless told otherwise.
const WAIT: Duration = Duration::from_secs(30);
/// Bytes in a full frame of words, well below the limit of a channel.
const FRAME: usize = 1 << 19;

/// From which everything that a party holds alone is expanded.
pub(super) type Seed = Zeroizing<[u8; 32]>;
/// Secret elements of Z_2^64.
pub(super) type Words = Zeroizing<Vec<u64>>;

/// What a party asks the dealer for. Both parties ask for the same, in the same order.
#[derive(PartialEq, Serialize, Deserialize)]
pub(super) enum Request {
    /// A mask for the weights of each dense layer.
    Model(Architecture),
    /// Material for so many slots of that model.
    Slots(u64),
}

/// What the dealer answers.
#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    Seed([u8; 32]),
    /// Granted, with nothing for this party.
    Nothing,
    Refused(Refusal),
}

/// A party's end of its channel to the dealer.
pub(super) struct DealerLink {
    channel: Box<dyn Channel>,
    wait: Duration,
}

impl DealerLink {
    pub(super) fn new(channel: impl Channel) -> Self {
        Self { channel: Box::new(channel), wait: WAIT }
    }

    pub(super) fn set_wait(&mut self, wait: Duration) {
        self.wait = wait;
    }

    /// Asks, where the answer is no seed.
    pub(super) fn ask(&mut self, request: &Request) -> Result<(), AdditiveError> {
        match self.request(request)? {
            Reply::Nothing => Ok(()),
            reply => Err(unexpected(reply)),
        }
    }

    /// Asks, where the answer is a seed.
    pub(super) fn ask_seed(&mut self, request: &Request) -> Result<Seed, AdditiveError> {
        match self.request(request)? {
            Reply::Seed(seed) => Ok(Zeroizing::new(seed)),
            reply => Err(unexpected(reply)),
        }
    }

    /// Receives `count` words, cut into frames as the dealer likes.
    pub(super) fn words(&mut self, count: usize) -> Result<Words, AdditiveError> {
        // Allocated once: a vector that grows leaves secrets behind. The dealer has granted it.
        let mut words = Zeroizing::new(Vec::with_capacity(count));
        while words.len() < count {
            let frame = Zeroizing::new(self.channel.recv(self.wait)?);
            let left = count.saturating_sub(words.len());
            let fits = frame.len().is_multiple_of(8) && frame.len() / 8 <= left;
            if frame.is_empty() || !fits {
                return Err(AdditiveError::Malformed);
            }
            words.extend(decode(&frame));
        }
        Ok(words)
    }

    fn request(&mut self, request: &Request) -> Result<Reply, AdditiveError> {
        let frame = postcard::to_stdvec(request).map_err(|_| AdditiveError::Malformed)?;
        // A dealer that has refused is gone, and has left its reason behind.
        let sent = self.channel.send(frame);
        let frame = match (sent, self.channel.recv(self.wait)) {
            (_, Ok(frame)) => Zeroizing::new(frame),
            (Err(error), _) | (_, Err(error)) => return Err(error.into()),
        };
        parse(&frame).ok_or(AdditiveError::Malformed)
    }
}

/// Words on their way to a party. Call [`finish`](Self::finish) at the end.
pub(super) struct Frames<'a, C> {
    channel: &'a mut C,
    frame: Vec<u8>,
}

impl<'a, C: Channel> Frames<'a, C> {
    pub(super) fn new(channel: &'a mut C) -> Self {
        Self { channel, frame: Vec::with_capacity(FRAME) }
    }

    pub(super) fn push(&mut self, words: &[u64]) -> Result<(), ChannelError> {
        for word in words {
            if self.frame.len() >= FRAME {
                self.finish()?;
            }
            self.frame.extend_from_slice(&word.to_le_bytes());
        }
        Ok(())
    }

    /// Sends what is left. The next word starts a frame.
    pub(super) fn finish(&mut self) -> Result<(), ChannelError> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let next = Vec::with_capacity(FRAME);
        self.channel.send(std::mem::replace(&mut self.frame, next))
    }
}

impl<C> Drop for Frames<'_, C> {
    fn drop(&mut self) {
        self.frame.zeroize();
    }
}

/// A whole frame as one value; `None` if it is malformed or longer.
pub(super) fn parse<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(frame).ok()?;
    rest.is_empty().then_some(value)
}

/// Words as bytes, little endian.
pub(super) fn encode(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Bytes as words. Bytes after the last whole word are left out.
pub(super) fn decode(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

fn unexpected(reply: Reply) -> AdditiveError {
    match reply {
        Reply::Refused(reason) => AdditiveError::Refused(reason),
        Reply::Seed(_) | Reply::Nothing => AdditiveError::Malformed,
    }
}
