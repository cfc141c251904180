//! What layers use up, made from random transfers without a message of its own.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths are our own, never the peer's"
)]

use std::io::{Read, Write};

use fusion_core::transcript::Role;
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::layout::LEAF;
use super::material::{Material, Sides};
use super::need::Need;
use crate::ot::random::CHUNK;
use crate::ot::{Block, OtError, OtReceiver, OtSender};

/// A use of random transfers.
struct Kind<'a> {
    /// Of each transfer: it is 1 of 2^`bits`.
    bits: usize,
    /// Words of 64 transfers that this party sends, and that it receives.
    words: [usize; 2],
    sides: &'a mut Sides,
    /// Keeps what the sender has of 64 transfers.
    keep_sent: fn(usize, &[Block], &mut Vec<u64>),
    /// Keeps what the receiver has of 64 transfers.
    keep_received: fn(usize, &[u8], &[Block], &mut Vec<u64>),
}

impl Material {
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
        let too_many = || {
            // Only to be told: at most `usize::MAX`.
            let [client, server] = [Role::Client, Role::Server].map(|role| need.transfers(role));
            OtError::TooMany(client.saturating_add(server))
        };
        let have = self.with(need).ok_or_else(too_many)?;
        if !self.pools(need).all(|(pool, words)| pool.reserve(words, 0).is_ok()) {
            return Err(too_many());
        }
        let made = self.make(need, sender, receiver, stream, rng);
        if made.is_ok() {
            self.set_prepared(have);
        } else {
            let have = self.prepared();
            self.pools(&have).for_each(|(pool, words)| pool.shorten(words));
        }
        made
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
        let role = self.role();
        let Self { tables, triples, products, .. } = self;
        let tables =
            tables.iter_mut().zip(&need.tables).zip(1..).map(|((sides, words), bits)| Kind {
                bits,
                words: [words.of(role), words.of(role.peer())],
                sides,
                keep_sent: keep_table,
                keep_received: keep_choice,
            });
        let triples = Kind {
            bits: 1,
            words: [need.triples; 2],
            sides: triples,
            keep_sent: keep_bit_differences,
            keep_received: keep_bits,
        };
        let products = Kind {
            bits: 1,
            words: [need.products.of(role), need.products.of(role.peer())],
            sides: products,
            keep_sent: keep_differences,
            keep_received: keep_numbers,
        };
        for kind in tables.chain([triples, products]) {
            kind.make(role, sender, receiver, stream, rng)?;
        }
        Ok(())
    }
}

impl Kind<'_> {
    fn make<T: OtSender, U: OtReceiver, S: Read + Write, R: CryptoRng>(
        self,
        role: Role,
        sender: &mut T,
        receiver: &mut U,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        let (sent, received) = (self.sides.sent.grow(0), self.sides.received.grow(0));
        let run = 64 * self.bits;
        let mut left = self.words;
        while left != [0; 2] {
            let words = left.map(|left| left.min((CHUNK / run).max(1)));
            let rows = words.map(|words| words * run);
            ready(role, sender, receiver, rows, stream, rng)?;
            if rows[0] > 0 {
                let batch = sender.take(rows[0])?;
                batch.each_tables(self.bits, |pads| {
                    (self.keep_sent)(self.bits, pads, sent);
                    Ok(())
                })?;
            }
            if rows[1] > 0 {
                let batch = receiver.take(rows[1])?;
                batch.each_chosen(self.bits, |choices, pads| {
                    (self.keep_received)(self.bits, choices, pads, received);
                    Ok(())
                })?;
            }
            left = [left[0] - words[0], left[1] - words[1]];
        }
        Ok(())
    }
}

/// Prepares so many transfers in each direction. Where a receiver speaks alone, both parties do that
/// first, so that neither waits while the other works; otherwise one direction comes after the other.
fn ready<T: OtSender, U: OtReceiver, S: Read + Write, R: CryptoRng>(
    role: Role,
    sender: &mut T,
    receiver: &mut U,
    [to_send, to_receive]: [usize; 2],
    stream: &mut S,
    rng: &mut R,
) -> Result<(), OtError> {
    // Of what the ends have more than that, nothing is to be prepared.
    let to_send = to_send.saturating_sub(sender.prepared());
    let to_receive = to_receive.saturating_sub(receiver.prepared());
    let send_first = role == Role::Server && !receiver.speaks_alone();
    if to_send > 0 && send_first {
        sender.prepare(to_send, stream, rng)?;
    }
    if to_receive > 0 {
        receiver.prepare(to_receive, stream, rng)?;
    }
    if to_send > 0 && !send_first {
        sender.prepare(to_send, stream, rng)?;
    }
    Ok(())
}

/// Transfers are taken in multiples of 64, whatever the peer does. Bits of a word that no transfer made
/// would be zeros, and no masks.
const WHOLE: &str = "transfers come by the word";

/// Two bits of each pad, as planes: those of entry 0, of entry 1, ...
fn keep_table(bits: usize, pads: &[Block], to: &mut Vec<u64>) {
    assert_eq!(pads.len(), 64 << bits, "{WHOLE}");
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
    assert_eq!([choices.len(), pads.len()], [64; 2], "{WHOLE}");
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
fn keep_bit_differences(_: usize, pads: &[Block], to: &mut Vec<u64>) {
    assert_eq!(pads.len(), 128, "{WHOLE}");
    let mut words = Zeroizing::new([[0; 2]; 2]);
    for (bit, [zero, one]) in pads.as_chunks().0.iter().enumerate() {
        add_bits(&mut words[0], (zero ^ one) as u64, bit);
        add_bits(&mut words[1], *zero as u64, bit);
    }
    to.extend_from_slice(words.as_flattened());
}

/// a, the choice; shares of its products.
fn keep_bits(_: usize, choices: &[u8], pads: &[Block], to: &mut Vec<u64>) {
    assert_eq!([choices.len(), pads.len()], [64; 2], "{WHOLE}");
    let mut words = Zeroizing::new([0; 2]);
    for (bit, pad) in pads.iter().enumerate() {
        add_bits(&mut words, *pad as u64, bit);
    }
    to.push(plane(choices));
    to.extend_from_slice(&words[..]);
}

/// For each of 64 products the first pad, then the differences of the pads.
fn keep_differences(_: usize, pads: &[Block], to: &mut Vec<u64>) {
    assert_eq!(pads.len(), 128, "{WHOLE}");
    let pairs = pads.as_chunks().0.iter();
    to.extend(pairs.clone().map(|[zero, _]| *zero as u64));
    to.extend(pairs.map(|[zero, one]| (*one as u64).wrapping_sub(*zero as u64)));
}

/// The choices, then the pads.
fn keep_numbers(_: usize, choices: &[u8], pads: &[Block], to: &mut Vec<u64>) {
    assert_eq!([choices.len(), pads.len()], [64; 2], "{WHOLE}");
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
