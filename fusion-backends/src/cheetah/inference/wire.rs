//! What the server tells before the inputs: lengths are known or bounded, and no byte may be left.

use std::io::{Read, Write};

use super::error::{CheetahError, Malformed};
use super::plan::Announcement;
use super::run::receive;
use crate::cheetah::rlwe::Set;
use crate::model::{Architecture, LayerShape};

/// Bytes of an announcement beside the bits of layers: two numbers, two choices, a length.
const FIXED: usize = 64;

pub(super) fn send(
    stream: &mut impl Write,
    announcement: &Announcement,
) -> Result<(), CheetahError> {
    let bytes = postcard::to_stdvec(announcement).map_err(|_| Malformed::Encoding)?;
    let length = u32::try_from(bytes.len()).map_err(|_| Malformed::Length)?;
    stream.write_all(&length.to_le_bytes())?;
    stream.write_all(&bytes)?;
    Ok(stream.flush()?)
}

pub(super) fn announcement(
    stream: &mut impl Read,
    architecture: &Architecture,
) -> Result<Announcement, CheetahError> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| Malformed::Length)?;
    if length > architecture.nodes().len().saturating_add(FIXED) {
        return Err(Malformed::Length.into());
    }
    let bytes = receive(stream, length)?;
    match postcard::take_from_bytes(&bytes) {
        Ok((announcement, [])) => Ok(announcement),
        _ => Err(Malformed::Encoding.into()),
    }
}

/// One byte for each linear layer: the place of its parameters in [`Set::ALL`].
pub(super) fn send_sets(stream: &mut impl Write, sets: &[Set]) -> Result<(), CheetahError> {
    let place = |set: &Set| Set::ALL.iter().position(|other| other == set);
    let bytes: Option<Vec<u8>> = sets.iter().map(|set| u8::try_from(place(set)?).ok()).collect();
    stream.write_all(&bytes.ok_or(Malformed::Sets)?)?;
    Ok(stream.flush()?)
}

pub(super) fn sets(
    stream: &mut impl Read,
    architecture: &Architecture,
) -> Result<Vec<Set>, CheetahError> {
    let count = architecture.layers().filter(LayerShape::is_linear).count();
    let bytes = receive(stream, count)?;
    let sets: Option<Vec<Set>> =
        bytes.iter().map(|byte| Set::ALL.get(usize::from(*byte)).copied()).collect();
    Ok(sets.ok_or(Malformed::Sets)?)
}
