//! Which extension to use, and both behind one type.

use std::io::{Read, Write};

use fusion_core::transcript::Role;
use rand::CryptoRng;

use super::batch::{OtReceiver, OtSender, ReceiverBatch, SenderBatch};
use super::error::OtError;
use super::silent::{self, Silent, SilentReceiver, SilentSender};
use super::softspoken::{self, Depth, SoftSpoken, SoftSpokenReceiver, SoftSpokenSender};

/// Which extension to use. Both parties must use the same.
///
/// | | bytes for each transfer | busy for each | before the first |
/// | --- | ---: | ---: | --- |
/// | [`Depth::Two`] | 7.9 | 30 ns | |
/// | [`Depth::Four`] | 3.9 | 23 ns | |
/// | [`Depth::Eight`] | 1.9 | 46 ns | |
/// | [`Silent`](Self::Silent) | 0.17 | 28 ns | 0.8 MB, 1.5 round trips, 20 ms |
///
/// So: silent below 1 Gbit/s, unless transfers are few; SoftSpokenOT at depth 4 above. See
/// [`for_network`](Self::for_network). What is prepared is used in the same way, and both are secure
/// against a malicious party on either side; silent transfers assume more ([`silent`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// SoftSpokenOT.
    SoftSpoken(Depth),
    /// The silent extension.
    Silent,
}

impl Policy {
    /// The fastest for so many transfers over a network with so much bandwidth in the direction of the
    /// sender, by a model of what `benches/ot.rs` measures; round trips are not counted. The parties
    /// must pass the same numbers, since they must use the same policy.
    #[must_use]
    pub fn for_network(transfers: u64, bits_per_second: u64) -> Self {
        let (transfers, bandwidth) = (transfers as f64, bits_per_second.max(1) as f64);
        let seconds = |bytes: f64| bytes * 8.0 / bandwidth;
        let mut best = (Self::Silent, {
            let iterations = (transfers / ITERATION).ceil();
            let start = 0.01 + seconds(372e3);
            start + iterations * (0.012 + seconds(492e3)) + transfers * 22e-9
        });
        for (depth, busy, bytes) in
            [(Depth::Two, 33e-9, 8.0), (Depth::Four, 24e-9, 3.94), (Depth::Eight, 46e-9, 1.94)]
        {
            let time = transfers * seconds(bytes).max(busy);
            if time <= best.1 {
                best = (Self::SoftSpoken(depth), time);
            }
        }
        best.0
    }
}

/// Transfers of a silent iteration.
const ITERATION: f64 = silent::TRANSFERS as f64;

/// Both ends that a party has: it may send and receive.
#[derive(Debug)]
pub struct Ends {
    /// For transfers that this party sends.
    pub sender: Sender,
    /// For transfers that this party receives.
    pub receiver: Receiver,
}

impl From<SoftSpoken> for Ends {
    fn from(ends: SoftSpoken) -> Self {
        Self {
            sender: Sender::SoftSpoken(Box::new(ends.sender)),
            receiver: Receiver::SoftSpoken(Box::new(ends.receiver)),
        }
    }
}

impl From<Silent> for Ends {
    fn from(ends: Silent) -> Self {
        Self {
            sender: Sender::Silent(Box::new(ends.sender)),
            receiver: Receiver::Silent(Box::new(ends.receiver)),
        }
    }
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
    match policy {
        Policy::SoftSpoken(depth) => {
            softspoken::setup(role, depth, session, stream, rng).map(Ends::from)
        }
        Policy::Silent => silent::setup(role, session, stream, rng).map(Ends::from),
    }
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

    fn speaks_alone(&self) -> bool {
        match self {
            Self::SoftSpoken(ot) => ot.speaks_alone(),
            Self::Silent(ot) => ot.speaks_alone(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_fits_the_network() {
        let [two, four, eight] = [Depth::Two, Depth::Four, Depth::Eight].map(Policy::SoftSpoken);
        for (transfers, megabits, policy) in [
            (100_000_000, 400, Policy::Silent),
            (100_000_000, 10, Policy::Silent),
            (1_000_000, 50, Policy::Silent),
            (100_000, 400, eight),
            (100_000, 0, eight),
            (10_000_000, 10_000, four),
            (100_000, 10_000, four),
        ] {
            let found = Policy::for_network(transfers, megabits * 1_000_000);
            assert_eq!(found, policy, "{transfers} over {megabits} Mbit/s");
            assert_ne!(found, two);
        }
    }
}
