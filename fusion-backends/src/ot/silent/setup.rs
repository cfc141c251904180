//! Both directions, from one setup of SoftSpokenOT.

use std::io::{Read, Write};

use fusion_core::transcript::Role;
use rand::CryptoRng;

use super::size::Size;
use super::{SilentReceiver, SilentSender};
use crate::ot::error::OtError;
use crate::ot::softspoken::{self, Depth};

/// What the rows of the first iteration come from: few of them, so in few bytes.
const DEPTH: Depth = Depth::Eight;

/// Separates this setup from one of SoftSpokenOT alone.
const PARAMETERS: u32 = 0x100;

/// Both ends that a party has: it may send and receive.
#[derive(Debug)]
pub struct Silent {
    /// For transfers that this party sends.
    pub sender: SilentSender,
    /// For transfers that this party receives.
    pub receiver: SilentReceiver,
}

/// Sets up transfers in both directions. The messages, `session`, and what `stream` must hold are
/// those of [`softspoken::setup`].
///
/// # Errors
///
/// [`OtError`]: the connection failed or the peer cheated. Nothing can be used then.
pub fn setup<S: Read + Write, R: CryptoRng>(
    role: Role,
    session: &[u8],
    stream: &mut S,
    rng: &mut R,
) -> Result<Silent, OtError> {
    setup_of_size(Size::STANDARD, role, session, stream, rng)
}

pub(super) fn setup_of_size<S: Read + Write, R: CryptoRng>(
    size: Size,
    role: Role,
    session: &[u8],
    stream: &mut S,
    rng: &mut R,
) -> Result<Silent, OtError> {
    let base = softspoken::setup_for(PARAMETERS, role, DEPTH, session, stream, rng)?;
    Ok(Silent {
        sender: SilentSender::new(size, base.sender),
        receiver: SilentReceiver::new(size, base.receiver),
    })
}
