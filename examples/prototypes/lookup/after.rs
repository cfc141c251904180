//! Private table lookup: the client learns one entry, the server does not learn which.
//!
//! 1-of-N from log N transfers 1-of-2, after Naor and Pinkas, "Oblivious Transfer and Polynomial
//! Evaluation" (STOC 1999): there are two keys for each bit of an index, and entry j is masked by
//! the keys that spell j. The client gets the keys that spell its index.
//!
//! # Security
//!
//! The size of the table is public; both sides know it beforehand. The server sees the client's
//! side of the transfers only, whose distribution is the same for every index whatever the server
//! does. An index outside of the table is refused before anything is sent, which the server
//! notices: callers check their input first. The other entries are hidden from a client that
//! follows the protocol.

use std::io::{self, ErrorKind, Read, Write};

use rand::CryptoRng;

use crate::ot::{Pad, Receiver, Sender};

/// The largest table has 2^16 entries.
pub const MAX_BITS: u32 = 16;

/// Looks up the entry at `index` in the server's table of 2^`bits` entries.
pub fn lookup_client<C, R>(channel: &mut C, bits: u32, index: u32, rng: &mut R) -> io::Result<u64>
where
    C: Read + Write,
    R: CryptoRng,
{
    if bits > MAX_BITS || index >> bits != 0 {
        return Err(io::Error::new(ErrorKind::InvalidInput, "no such entry"));
    }
    let keys = choose_keys(channel, bits, index, rng)?;
    open_entry(channel, bits, index, &keys)
}

/// Lets the client look up one entry.
pub fn lookup_server<C, R>(channel: &mut C, table: &[u64], rng: &mut R) -> io::Result<()>
where
    C: Read + Write,
    R: CryptoRng,
{
    let bits = table.len().trailing_zeros();
    if bits > MAX_BITS || !table.len().is_power_of_two() {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "pad the table to 2^0 .. 2^16 entries",
        ));
    }
    let keys = offer_keys(channel, bits, rng)?;
    mask_entries(channel, table, &keys)
}

/// The lookup as a protocol: one online phase per party.
#[fusion::harden(soundness = 40, privacy = malicious, executions = isolated)]
pub struct Lookup;

#[fusion::harden]
impl Lookup {
    #[fusion::client(online, query = index, context = bits)]
    fn ask<C: Read + Write, R: CryptoRng>(
        channel: &mut C,
        bits: u32,
        index: u32,
        rng: &mut R,
    ) -> io::Result<u64> {
        lookup_client(channel, bits, index, rng)
    }

    #[fusion::server(online)]
    fn answer<C: Read + Write, R: CryptoRng>(
        channel: &mut C,
        table: &[u64],
        rng: &mut R,
    ) -> io::Result<()> {
        lookup_server(channel, table, rng)
    }
}

/// The keys that spell the index.
#[fusion::phase]
fn choose_keys<C, R>(channel: &mut C, bits: u32, index: u32, rng: &mut R) -> io::Result<Vec<Pad>>
where
    C: Read + Write,
    R: CryptoRng,
{
    let mut announced = [0; 32];
    channel.read_exact(&mut announced)?;
    let receiver = Receiver::new(announced).ok_or(ErrorKind::InvalidData)?;
    let (choices, keys): (Vec<_>, Vec<_>) =
        (0..bits).map(|i| receiver.choose(i as usize, bit(index, i) == 1, rng)).unzip();
    channel.write_all(choices.as_flattened())?;
    channel.flush()?;
    Ok(keys)
}

/// Two keys for each bit of an index.
#[fusion::phase]
fn offer_keys<C, R>(channel: &mut C, bits: u32, rng: &mut R) -> io::Result<Vec<[Pad; 2]>>
where
    C: Read + Write,
    R: CryptoRng,
{
    let sender = Sender::new(rng);
    channel.write_all(&sender.announce())?;
    channel.flush()?;
    let mut choices = vec![[0; 32]; bits as usize];
    channel.read_exact(choices.as_flattened_mut())?;
    let keys = choices.iter().enumerate().map(|(i, choice)| sender.pads(i, choice));
    keys.map(|pads| pads.ok_or_else(|| ErrorKind::InvalidData.into())).collect()
}

/// Receives all entries, and takes the mask off the one that the keys spell.
#[fusion::phase]
fn open_entry<C: Read>(channel: &mut C, bits: u32, index: u32, keys: &[Pad]) -> io::Result<u64> {
    let mut entry = 0;
    for j in 0..1 << bits {
        let mut masked = [0; 8];
        channel.read_exact(&mut masked)?;
        if j == index {
            entry = u64::from_le_bytes(masked) ^ mask(j, keys.iter());
        }
    }
    Ok(entry)
}

/// Sends all entries, each under the keys that spell its place.
#[fusion::phase]
fn mask_entries<C: Write>(channel: &mut C, table: &[u64], keys: &[[Pad; 2]]) -> io::Result<()> {
    for (j, entry) in (0..).zip(table) {
        let spelled = (0..).zip(keys).map(|(i, pair)| &pair[bit(j, i)]);
        channel.write_all(&(entry ^ mask(j, spelled)).to_le_bytes())?;
    }
    channel.flush()
}

fn mask<'a>(place: u32, keys: impl Iterator<Item = &'a Pad>) -> u64 {
    keys.fold(0, |mask, key| {
        let mut word = [0; 8];
        let mut stream = blake3::Hasher::new_keyed(key).update(&place.to_le_bytes()).finalize_xof();
        stream.fill(&mut word);
        mask ^ u64::from_le_bytes(word)
    })
}

fn bit(index: u32, i: u32) -> usize {
    (index >> i & 1) as usize
}
