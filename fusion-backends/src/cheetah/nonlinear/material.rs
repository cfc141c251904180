//! What is prepared before the inputs are known, from random transfers, without a message of its own.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths are our own, never the peer's"
)]

use std::io::{Read, Write};

use fusion_core::transcript::Role;
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::error::Fault;
use super::layout::LEAF;
use super::need::Need;
use crate::cheetah::ot::pool::Pool;
use crate::cheetah::ot::{Block, OtError, OtReceiver, OtSender};

/// Prepared transfers that are hashed at a time.
const CHUNK: usize = 63 * 128;
/// Words of a pair of products: a, b, b', and shares of a b and a b'.
pub(super) const TRIPLE: usize = 5;

/// What a party holds for layers to come; each part is used once and overwritten then. Grows by
/// [`prepare`](Self::prepare). Memory: about 45 bytes for each ReLU of 32 bits.
pub struct Material {
    role: Role,
    broken: bool,
    have: Need,
    /// By the size of the table.
    tables: [Sides; LEAF as usize],
    triples: Sides,
    products: Sides,
}

/// What this party holds as the sender of transfers, and as their receiver.
#[derive(Default)]
struct Sides {
    sent: Pool<u64>,
    received: Pool<u64>,
}

impl Material {
    /// For the party of this role.
    #[must_use]
    pub fn new(role: Role) -> Self {
        let (tables, triples, products) = Default::default();
        Self { role, broken: false, have: Need::default(), tables, triples, products }
    }

    /// Prepares for layers that need `need`, beyond what is prepared already. Both parties do so with
    /// the same. Takes memory for a chunk of transfers beside what it makes.
    ///
    /// # Errors
    ///
    /// [`OtError::TooMany`] if there is no memory for so much: nothing was sent. Else the connection
    /// failed or the peer cheated, and the transfers cannot be used; what was prepared before can.
    pub fn prepare<T: OtSender, U: OtReceiver, S: Read + Write, R: CryptoRng>(
        &mut self,
        need: &Need,
        sender: &mut T,
        receiver: &mut U,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        if !self.pools(need).all(|(pool, words)| pool.reserve(words, 0).is_ok()) {
            let [client, server] = [Role::Client, Role::Server].map(|role| need.transfers(role));
            return Err(OtError::TooMany(client.saturating_add(server)));
        }
        let made = self.make(need, sender, receiver, stream, rng);
        if made.is_ok() {
            self.have += *need;
        } else {
            let have = self.have;
            self.pools(&have).for_each(|(pool, words)| pool.shorten(words));
        }
        made
    }

    /// Every pool, and how many words of it are for `need`.
    fn pools(&mut self, need: &Need) -> impl Iterator<Item = (&mut Pool<u64>, usize)> {
        let (own, peer) = (self.role, other(self.role));
        let tables = self.tables.iter_mut().zip(need.tables).zip(1..);
        let tables = tables.map(move |((sides, tables), bits): (_, usize)| {
            (sides, [(tables.of(own), 2 << bits), (tables.of(peer), bits + 2)])
        });
        let [triples, sent, received] =
            [need.triples, need.products.of(own), need.products.of(peer)];
        let others = [
            (&mut self.triples, [(triples, 4), (triples, 3)]),
            (&mut self.products, [(sent, 128), (received, 65)]),
        ];
        tables.chain(others).flat_map(|(sides, counts)| {
            let words = counts.map(|(count, each)| count.saturating_mul(each));
            [&mut sides.sent, &mut sides.received].into_iter().zip(words)
        })
    }

    /// Fills the pools, which have room for it.
    fn make<T: OtSender, U: OtReceiver, S: Read + Write, R: CryptoRng>(
        &mut self,
        need: &Need,
        sender: &mut T,
        receiver: &mut U,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        for from in [Role::Server, Role::Client] {
            for (tables, bits) in need.tables.iter().zip(1..) {
                let (words, sides) = (tables.of(from), &mut self.tables[bits - 1]);
                if self.role == from {
                    let keep = |pads: &[Block], to: &mut Vec<u64>| keep_table(bits, pads, to);
                    send(sender, bits, words, &mut sides.sent, keep, stream, rng)?;
                } else {
                    let keep = |choices: &[u8], pads: &[Block], to: &mut Vec<u64>| {
                        keep_choice(bits, choices, pads, to);
                    };
                    receive(receiver, bits, words, &mut sides.received, keep, stream, rng)?;
                }
            }
            let kinds = [
                (need.triples, &mut self.triples, false),
                (need.products.of(from), &mut self.products, true),
            ];
            for (words, sides, numbers) in kinds {
                if self.role == from {
                    let keep: fn(&[Block], &mut Vec<u64>) =
                        if numbers { keep_differences } else { keep_bit_differences };
                    send(sender, 1, words, &mut sides.sent, keep, stream, rng)?;
                } else {
                    let keep: fn(&[u8], &[Block], &mut Vec<u64>) =
                        if numbers { keep_numbers } else { keep_bits };
                    receive(receiver, 1, words, &mut sides.received, keep, stream, rng)?;
                }
            }
        }
        Ok(())
    }

    /// Which party holds it.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// What is prepared and not used.
    #[must_use]
    pub fn prepared(&self) -> Need {
        self.have
    }

    /// Whether so much is prepared.
    #[must_use]
    pub fn suffices(&self, need: &Need) -> bool {
        need.without(&self.have) == Need::default()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    pub(super) fn break_off(&mut self) {
        self.broken = true;
    }

    /// `words` tables of 2^`bits` entries, for each of which: two words for each entry.
    pub(super) fn tables(&mut self, bits: u32, words: usize) -> Result<Taken, Fault> {
        let role = self.role;
        let (sides, have) = self.tables_of(bits, role)?;
        *have = have.saturating_sub(words);
        Ok(sides.sent.take(words * (2 << bits))?)
    }

    /// The other end of [`tables`](Self::tables): words of the choice, then two for its entry.
    pub(super) fn choices(&mut self, bits: u32, words: usize) -> Result<Taken, Fault> {
        let peer = other(self.role);
        let (sides, have) = self.tables_of(bits, peer)?;
        *have = have.saturating_sub(words);
        Ok(sides.received.take(words * (bits as usize + 2))?)
    }

    fn tables_of(&mut self, bits: u32, sender: Role) -> Result<(&mut Sides, &mut usize), Fault> {
        let at = (bits as usize).wrapping_sub(1);
        let found = self.tables.get_mut(at).zip(self.have.tables.get_mut(at));
        found.map(|(sides, have)| (sides, have.of_mut(sender))).ok_or(Fault::NotPrepared)
    }

    /// Shares of a, b, b', a b and a b', [`TRIPLE`] words together.
    pub(super) fn triples(&mut self, words: usize) -> Result<Taken, Fault> {
        self.have.triples = self.have.triples.saturating_sub(words);
        let sent = self.triples.sent.take(words * 4)?;
        let received = self.triples.received.take(words * 3)?;
        let mut triples = Zeroizing::new(Vec::with_capacity(words * TRIPLE));
        for ([b, b2, c, c2], [a, d, d2]) in sent.as_chunks().0.iter().zip(received.as_chunks().0) {
            triples.extend([*a, *b, *b2, a & b ^ c ^ d, a & b2 ^ c2 ^ d2]);
        }
        Ok(triples)
    }

    /// For products whose number this party has: 64 sums, then 64 differences, and so on.
    pub(super) fn differences(&mut self, words: usize) -> Result<Taken, Fault> {
        let have = self.have.products.of_mut(self.role);
        *have = have.saturating_sub(words);
        Ok(self.products.sent.take(words * 128)?)
    }

    /// The other end of [`differences`](Self::differences): a word of bits, then 64 sums, and so on.
    pub(super) fn sums(&mut self, words: usize) -> Result<Taken, Fault> {
        let have = self.have.products.of_mut(other(self.role));
        *have = have.saturating_sub(words);
        Ok(self.products.received.take(words * 65)?)
    }
}

pub(super) type Taken = Zeroizing<Vec<u64>>;

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Material")
            .field("role", &self.role)
            .field("prepared", &self.have)
            .finish_non_exhaustive()
    }
}

pub(super) fn other(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}

#[allow(clippy::too_many_arguments, reason = "what to make, where to keep it, with whom")]
fn send<T: OtSender, S: Read + Write, R: CryptoRng>(
    ot: &mut T,
    bits: usize,
    words: usize,
    to: &mut Pool<u64>,
    mut keep: impl FnMut(&[Block], &mut Vec<u64>),
    stream: &mut S,
    rng: &mut R,
) -> Result<(), OtError> {
    let to = to.grow(0);
    for rows in chunks(bits, words) {
        let missing = rows.saturating_sub(ot.prepared());
        if missing > 0 {
            ot.prepare(missing, stream, rng)?;
        }
        ot.take(rows)?.each_tables(bits, |pads| keep(pads, to));
    }
    Ok(())
}

#[allow(clippy::too_many_arguments, reason = "what to make, where to keep it, with whom")]
fn receive<T: OtReceiver, S: Read + Write, R: CryptoRng>(
    ot: &mut T,
    bits: usize,
    words: usize,
    to: &mut Pool<u64>,
    mut keep: impl FnMut(&[u8], &[Block], &mut Vec<u64>),
    stream: &mut S,
    rng: &mut R,
) -> Result<(), OtError> {
    let to = to.grow(0);
    for rows in chunks(bits, words) {
        let missing = rows.saturating_sub(ot.prepared());
        if missing > 0 {
            ot.prepare(missing, stream, rng)?;
        }
        ot.take(rows)?.each_chosen(bits, |choices, pads| keep(choices, pads, to));
    }
    Ok(())
}

/// Rows of each chunk.
fn chunks(bits: usize, words: usize) -> impl Iterator<Item = usize> {
    let most = (CHUNK / (64 * bits)).max(1);
    (0..words).step_by(most).map(move |done| most.min(words - done) * 64 * bits)
}

/// Two bits of each pad, as planes: those of entry 0, of entry 1, ...
fn keep_table(bits: usize, pads: &[Block], to: &mut Vec<u64>) {
    let mut words = Zeroizing::new([0; 2 << LEAF]);
    for (bit, pads) in pads.chunks_exact(1 << bits).enumerate() {
        for (words, pad) in words.as_chunks_mut().0.iter_mut().zip(pads) {
            add_bits(words, *pad as u64, bit);
        }
    }
    to.extend_from_slice(&words[..2 << bits]);
}

/// The bits of the choice as planes, then two bits of the pad.
fn keep_choice(bits: usize, choices: &[u8], pads: &[Block], to: &mut Vec<u64>) {
    let mut words = Zeroizing::new([0; LEAF as usize]);
    let mut entry = Zeroizing::new([0; 2]);
    for (bit, (choice, pad)) in choices.iter().zip(pads).enumerate() {
        for (i, word) in words.iter_mut().enumerate() {
            *word |= u64::from(choice >> i & 1) << bit;
        }
        add_bits(&mut entry, *pad as u64, bit);
    }
    to.extend_from_slice(&words[..bits]);
    to.extend_from_slice(&entry[..]);
}

/// b and b', the differences of both pads; shares of their products with the choice.
fn keep_bit_differences(pads: &[Block], to: &mut Vec<u64>) {
    let mut words = Zeroizing::new([[0; 2]; 2]);
    for (bit, [zero, one]) in pads.as_chunks().0.iter().enumerate() {
        add_bits(&mut words[0], (zero ^ one) as u64, bit);
        add_bits(&mut words[1], *zero as u64, bit);
    }
    to.extend_from_slice(words.as_flattened());
}

/// a, the choice; shares of its products.
fn keep_bits(choices: &[u8], pads: &[Block], to: &mut Vec<u64>) {
    let mut words = Zeroizing::new([0; 2]);
    for (bit, pad) in pads.iter().enumerate() {
        add_bits(&mut words, *pad as u64, bit);
    }
    to.push(plane(choices));
    to.extend_from_slice(&words[..]);
}

/// For each of 64 products the first pad, then the differences of the pads.
fn keep_differences(pads: &[Block], to: &mut Vec<u64>) {
    let pairs = pads.as_chunks().0.iter();
    to.extend(pairs.clone().map(|[zero, _]| *zero as u64));
    to.extend(pairs.map(|[zero, one]| (*one as u64).wrapping_sub(*zero as u64)));
}

/// The choices, then the pads.
fn keep_numbers(choices: &[u8], pads: &[Block], to: &mut Vec<u64>) {
    to.push(plane(choices));
    to.extend(pads.iter().map(|pad| *pad as u64));
}

fn add_bits(words: &mut [u64; 2], pad: u64, bit: usize) {
    words[0] |= (pad & 1) << bit;
    words[1] |= (pad >> 1 & 1) << bit;
}

fn plane(choices: &[u8]) -> u64 {
    choices.iter().rev().fold(0, |word, choice| (word << 1) | u64::from(*choice))
}
