//! What is said before the inputs. Lengths are known.

use std::io::{Read, Write};

use super::description::{Description, Digests};
use super::error::CheetahError;
use super::run::receive;
use crate::model::LayerShape;
use crate::rlwe::Set;

/// Sends the digests of the own description, and compares those of the peer's with it. Both parties do
/// so at once, and both see what differs.
pub(super) fn agree<S: Read + Write>(
    stream: &mut S,
    description: &Description,
) -> Result<(), CheetahError> {
    stream.write_all(description.digests().as_flattened())?;
    stream.flush()?;
    let mut theirs = Digests::default();
    stream.read_exact(theirs.as_flattened_mut())?;
    description.compare(&theirs)
}

/// One byte for each linear layer: the place of its parameters in [`Set::ALL`].
pub(super) fn send_sets(stream: &mut impl Write, sets: &[Set]) -> Result<(), CheetahError> {
    let place = |set: &Set| Set::ALL.iter().position(|other| other == set);
    let bytes: Option<Vec<u8>> = sets.iter().map(|set| u8::try_from(place(set)?).ok()).collect();
    stream.write_all(&bytes.ok_or(CheetahError::Sets)?)?;
    Ok(stream.flush()?)
}

pub(super) fn sets(
    stream: &mut impl Read,
    description: &Description,
) -> Result<Vec<Set>, CheetahError> {
    let count = description.architecture().layers().filter(LayerShape::is_linear).count();
    let bytes = receive(stream, count)?;
    let set = |byte: &u8| Set::ALL.get(usize::from(*byte)).copied();
    let allowed = |set: &Set| description.sets().contains(set);
    let sets: Option<Vec<Set>> = bytes.iter().map(|byte| set(byte).filter(allowed)).collect();
    sets.ok_or(CheetahError::Sets)
}
