//! Which extension to use, and both behind one type.

use std::io::{Read, Write};

use fusion_core::transcript::Role;
use rand::CryptoRng;

use super::batch::{OtReceiver, OtSender, ReceiverBatch, SenderBatch};
use super::error::OtError;
use super::silent::{self, SilentReceiver, SilentSender};
use super::softspoken::{self, Depth, SoftSpokenReceiver, SoftSpokenSender};

/// Which extension to use. Both parties must use the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// SoftSpokenOT.
    SoftSpoken(Depth),
    /// The silent extension.
    Silent,
}

/// Both ends that a party has: it may send and receive.
#[derive(Debug)]
pub struct Ends {
    /// For transfers that this party sends.
    pub sender: Sender,
    /// For transfers that this party receives.
    pub receiver: Receiver,
}

/// The sender's end of either extension.
#[derive(Debug)]
#[non_exhaustive]
pub enum Sender {
    /// Of SoftSpokenOT.
    SoftSpoken(Box<SoftSpokenSender>),
    /// Of the silent extension.
    Silent(Box<SilentSender>),
}

/// The receiver's end of either extension.
#[derive(Debug)]
#[non_exhaustive]
pub enum Receiver {
    /// Of SoftSpokenOT.
    SoftSpoken(Box<SoftSpokenReceiver>),
    /// Of the silent extension.
    Silent(Box<SilentReceiver>),
}

/// Sets up transfers in both directions: [`softspoken::setup`] or [`silent::setup`].
///
/// # Errors
///
/// [`OtError`]: the connection failed or the peer cheated. Nothing can be used then.
pub fn setup<S: Read + Write, R: CryptoRng>(
    role: Role,
    policy: Policy,
    session: &[u8],
    stream: &mut S,
    rng: &mut R,
) -> Result<Ends, OtError> {
    Ok(match policy {
        Policy::SoftSpoken(depth) => {
            let ends = softspoken::setup(role, depth, session, stream, rng)?;
            Ends {
                sender: Sender::SoftSpoken(Box::new(ends.sender)),
                receiver: Receiver::SoftSpoken(Box::new(ends.receiver)),
            }
        }
        Policy::Silent => {
            let ends = silent::setup(role, session, stream, rng)?;
            Ends {
                sender: Sender::Silent(Box::new(ends.sender)),
                receiver: Receiver::Silent(Box::new(ends.receiver)),
            }
        }
    })
}

impl OtSender for Sender {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        match self {
            Self::SoftSpoken(ot) => ot.prepare(count, stream, rng),
            Self::Silent(ot) => ot.prepare(count, stream, rng),
        }
    }

    fn prepared(&self) -> usize {
        match self {
            Self::SoftSpoken(ot) => ot.prepared(),
            Self::Silent(ot) => ot.prepared(),
        }
    }

    fn take(&mut self, count: usize) -> Result<SenderBatch, OtError> {
        match self {
            Self::SoftSpoken(ot) => ot.take(count),
            Self::Silent(ot) => ot.take(count),
        }
    }
}

impl OtReceiver for Receiver {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        match self {
            Self::SoftSpoken(ot) => ot.prepare(count, stream, rng),
            Self::Silent(ot) => ot.prepare(count, stream, rng),
        }
    }

    fn prepared(&self) -> usize {
        match self {
            Self::SoftSpoken(ot) => ot.prepared(),
            Self::Silent(ot) => ot.prepared(),
        }
    }

    fn take(&mut self, count: usize) -> Result<ReceiverBatch, OtError> {
        match self {
            Self::SoftSpoken(ot) => ot.take(count),
            Self::Silent(ot) => ot.take(count),
        }
    }
}
