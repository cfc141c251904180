//! Millionaires' comparison: whether the client's number is below the server's, without a party
//! learning either. CrypTFlow2 (Rathee et al., CCS 2020), section 3.1, with what is random prepared
//! before and derived as in Beaver's multiplication.
//!
//! Both numbers are cut into leaves of a few bits. For each leaf one party makes a table of whether
//! the leaves are below one another or equal, entry by entry of what the other might have, and the
//! other gets its entry by a transfer of 1 of N; the entries are masked, so that both hold shares.
//! The table is shifted so that its first entry is zero: it is not sent. Then neighbours are joined:
//! below = below in the high part, or equal there and below in the low part. Two products of shared
//! bits with one factor: both parties open both operands, masked.
//!
//! # Security
//!
//! What a party sends is masked by bits that the other does not have: a choice by the random choice
//! of its transfer, an entry by the pads of the entries that the other did not choose, an operand by
//! this party's share of a prepared factor. So what the client sends is uniform, whatever the server
//! does.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths are our own, never the peer's, and a panic is better than a mask left out"
)]

use std::io::{Read, Write};

use fusion_core::transcript::Role;
use zeroize::Zeroizing;

use super::Layers;
use super::error::{Fault, LayerError, MISSING};
use super::layout::{Layout, Leaf};
use super::lengths::{paired, records, runs};
use super::material::TRIPLE;
use super::need::Need;
use super::planes::Planes;
use super::shares::Bits;
use super::wire::{self, Outgoing};
use crate::ot::Width;

impl Need {
    /// Of [`Layers::less`] for `count` numbers.
    #[must_use]
    pub fn less(width: Width, count: usize) -> Self {
        Self::comparison(&Layout::new(&[width.bits()]), count)
    }

    /// Of `count` comparisons.
    pub(super) fn comparison(layout: &Layout, count: usize) -> Self {
        let words = Self::words(count);
        let mut need = Self::default();
        for leaf in &layout.leaves {
            *need.tables[leaf.bits as usize - 1].of_mut(leaf.sender) += words;
        }
        // Joins are one less than leaves, and none if there are no leaves.
        need.triples = layout.leaves.len().saturating_sub(1) * words;
        need
    }
}

impl Need {
    /// Of `count` products of two bits.
    pub(super) fn and(count: usize) -> Self {
        Self { triples: Self::words(count), ..Self::default() }
    }
}

/// Shares of how the bits of a part compare.
pub(super) struct Node {
    /// Whether the client's are below the server's.
    below: Zeroizing<Vec<u64>>,
    /// Whether they are equal, where that matters.
    equal: Option<Zeroizing<Vec<u64>>>,
}

impl<S: Read + Write> Layers<'_, S> {
    /// Whether each of the client's numbers is less than the server's at its place: Yao's
    /// millionaires. The numbers are a party's own, not shares, and not signed; their lowest `width`
    /// bits count. Both parties have as many.
    ///
    /// # Errors
    ///
    /// As [`negative`](Self::negative).
    pub fn less(&mut self, width: Width, numbers: &[u64]) -> Result<Bits, LayerError> {
        self.layer("comparison", Need::less(width, numbers.len()), |layers| {
            let planes = Planes::of(numbers.iter().copied(), width.bits());
            let mut less = layers.below(&planes, &Layout::new(&[width.bits()]))?;
            less.pop().ok_or(MISSING)
        })
    }

    /// For each segment of the layout: whether the client's numbers are below the server's, up to
    /// the end of the segment. As many as there are segments.
    pub(super) fn below(&mut self, numbers: &Planes, layout: &Layout) -> Result<Vec<Bits>, Fault> {
        let count = numbers.count();
        let mut leaves = self.leaves(numbers, layout)?;
        let mut segments: Vec<Vec<Node>> =
            layout.segments.iter().map(|of| leaves.drain(..of.len()).collect()).collect();
        while segments.iter().any(|nodes| nodes.len() > 1) {
            segments = self.join_neighbours(segments, count)?;
        }
        let mut results: Vec<Node> = Vec::with_capacity(segments.len());
        let nodes: Vec<Node> = segments.into_iter().flatten().collect();
        let mut nodes = paired(nodes, &layout.parents)?.peekable();
        while let Some((node, parent)) = nodes.next() {
            let mut level = vec![node];
            while let Some((node, _)) = nodes.next_if(|(_, other)| *other == parent) {
                level.push(node);
            }
            match *parent {
                None => results.append(&mut level),
                Some(parent) => {
                    let low = &results[parent];
                    let pairs: Vec<_> = level.iter().map(|node| (node, low)).collect();
                    let joined = self.join(&pairs, count)?;
                    results.extend(joined);
                }
            }
        }
        Ok(results.into_iter().map(|node| Bits::new(count, node.below)).collect())
    }

    /// Whether both bits are set.
    pub(super) fn and(&mut self, a: &Bits, b: &Bits) -> Result<Bits, Fault> {
        assert_eq!(a.len(), b.len(), "shares of bits");
        let copy = |bits: &Bits| Zeroizing::new(bits.words().to_vec());
        let nothing = Zeroizing::new(vec![0; a.words().len()]);
        let high = Node { below: nothing, equal: Some(copy(a)) };
        let low = Node { below: copy(b), equal: None };
        let joined = self.join(&[(&high, &low)], a.len())?.pop().ok_or(MISSING)?;
        Ok(Bits::new(a.len(), joined.below))
    }

    /// Each leaf, by a transfer.
    fn leaves(&mut self, numbers: &Planes, layout: &Layout) -> Result<Vec<Node>, Fault> {
        let (count, words) = (numbers.count(), Need::words(numbers.count()));
        let role = self.material.role();
        let (given, taken): (Vec<_>, Vec<_>) =
            layout.leaves.iter().copied().partition(|leaf| leaf.sender == role);

        let mut outgoing = Outgoing::default();
        let mut choices = Vec::with_capacity(taken.len());
        for leaf in &taken {
            let random = self.material.choices(leaf.bits, words)?;
            for bit in 0..leaf.bits {
                let random = random.iter().skip(bit as usize).step_by(leaf.bits as usize + 2);
                let hidden = paired(numbers.plane(leaf.low + bit), random)?;
                outgoing.plane(count, hidden.map(|(own, random)| own ^ random))?;
            }
            choices.push(random);
        }
        outgoing.send(self.stream)?;

        let mut made = Vec::with_capacity(given.len());
        for leaf in &given {
            let pads = self.material.tables(leaf.bits, words)?;
            let flips = wire::planes(self.stream, leaf.bits as usize, count)?;
            let tables = match leaf.bits {
                1 => tables::<1, 2>,
                2 => tables::<2, 4>,
                _ => tables::<3, 8>,
            };
            let (node, messages) = tables(leaf, role, numbers, &pads, &flips)?;
            for plane in runs(&messages, words, leaf.planes())? {
                outgoing.plane(count, plane.iter().copied())?;
            }
            outgoing.write(self.stream)?;
            made.push(node);
        }
        outgoing.send(self.stream)?;

        let mut got = Vec::with_capacity(taken.len());
        for (leaf, random) in paired(&taken, choices)? {
            let messages = wire::planes(self.stream, leaf.planes(), count)?;
            let entry = match leaf.bits {
                1 => entry::<1, 2>,
                2 => entry::<2, 4>,
                _ => entry::<3, 8>,
            };
            got.push(entry(leaf, numbers, &random, &messages)?);
        }
        let (mut made, mut got) = (made.into_iter(), got.into_iter());
        let nodes = layout
            .leaves
            .iter()
            .map(|leaf| if leaf.sender == role { made.next() } else { got.next() });
        nodes.collect::<Option<_>>().ok_or(MISSING)
    }

    /// One round for all segments: halves the nodes of each.
    fn join_neighbours(
        &mut self,
        segments: Vec<Vec<Node>>,
        count: usize,
    ) -> Result<Vec<Vec<Node>>, Fault> {
        let pairs = segments.iter().flat_map(|nodes| nodes.as_chunks().0);
        let pairs: Vec<_> = pairs.map(|[low, high]| (high, low)).collect();
        let mut joined = self.join(&pairs, count)?.into_iter();
        let segments = segments.into_iter().map(|mut nodes| {
            let odd = if nodes.len().is_multiple_of(2) { None } else { nodes.pop() };
            joined.by_ref().take(nodes.len() / 2).chain(odd).collect()
        });
        Ok(segments.collect())
    }

    /// Joins a high and a low part each, in one message each way.
    fn join(&mut self, pairs: &[(&Node, &Node)], count: usize) -> Result<Vec<Node>, Fault> {
        let words = Need::words(count);
        let mut outgoing = Outgoing::default();
        let mut masks = Vec::with_capacity(pairs.len());
        for (high, low) in pairs {
            let triples = self.material.triples(words)?;
            let mut open = |share: &[u64], at: usize| {
                let factors = records::<TRIPLE, _>(&triples, words)?.iter().map(|of| of[at]);
                let hidden = paired(share, factors)?.map(|(share, factor)| share ^ factor);
                outgoing.plane(count, hidden)
            };
            open(high.equal()?, 0)?;
            open(&low.below, 1)?;
            if let Some(equal) = &low.equal {
                open(equal, 2)?;
            }
            masks.push(triples);
        }
        outgoing.send(self.stream)?;

        let first = self.client_flips();
        let mut joined = Vec::with_capacity(pairs.len());
        for ((high, low), triples) in paired(pairs, masks)? {
            let opened = 2 + usize::from(low.equal.is_some());
            let theirs = wire::planes(self.stream, opened, count)?;
            let (triples, factor) = (records(&triples, words)?, high.equal()?);
            let d = |at: usize, a: u64| factor[at] ^ a ^ theirs[at];
            let product =
                |d: u64, e: u64, [a, b, ab]: [u64; 3]| ab ^ (d & b) ^ (e & a) ^ (d & e & first);
            let mut node = Node::empty(words, low.equal.is_some());
            for (at, [a, b, _, ab, _]) in triples.iter().enumerate() {
                let e = low.below[at] ^ b ^ theirs[words + at];
                node.below[at] = high.below[at] ^ product(d(at, *a), e, [*a, *b, *ab]);
            }
            // The node has it if the low part has it.
            if let (Some(of_both), Some(equal)) = (&mut node.equal, &low.equal) {
                for (at, [a, _, b, _, ab]) in triples.iter().enumerate() {
                    let e = equal[at] ^ b ^ theirs[2 * words + at];
                    of_both[at] = product(d(at, *a), e, [*a, *b, *ab]);
                }
            }
            joined.push(node);
        }
        Ok(joined)
    }
}

/// A leaf at the party that makes the table: its shares, and the messages.
fn tables<const BITS: usize, const ENTRIES: usize>(
    leaf: &Leaf,
    role: Role,
    numbers: &Planes,
    pads: &[u64],
    flips: &[u64],
) -> Result<(Node, Vec<u64>), Fault> {
    let words = Need::words(numbers.count());
    let own: [&[u64]; BITS] = std::array::from_fn(|bit| numbers.plane(leaf.low + bit as u32));
    let mut node = Node::empty(words, leaf.eq);
    let kinds = 1 + usize::from(leaf.eq);
    let mut messages = vec![0; leaf.planes() * words];
    for (at, pads) in runs(pads, 2 * ENTRIES, words)?.enumerate() {
        // Whether the other's number is this entry.
        let mut equal = [u64::MAX; ENTRIES];
        for (entry, equal) in equal.iter_mut().enumerate() {
            for (bit, own) in own.iter().enumerate() {
                *equal &= if entry >> bit & 1 == 1 { own[at] } else { !own[at] };
            }
        }
        // Whether the client's is below the server's: the own number among those below the entry, or
        // above it.
        let mut below = [0; ENTRIES];
        let mut sum = 0;
        let mut accumulate = |entry: usize| {
            below[entry] = sum;
            sum ^= equal[entry];
        };
        match role {
            Role::Client => (0..ENTRIES).for_each(&mut accumulate),
            Role::Server => (0..ENTRIES).rev().for_each(&mut accumulate),
        }
        let mut masks: [[u64; 2]; ENTRIES] =
            std::array::from_fn(|entry| [pads[2 * entry], pads[2 * entry + 1]]);
        // The pad of an entry is the one whose number differs from it by the flips.
        for bit in 0..BITS {
            let flip = flips[bit * words + at];
            for entry in (0..ENTRIES).filter(|entry| entry >> bit & 1 == 0) {
                let (zero, one) = (masks[entry], masks[entry | 1 << bit]);
                let swapped = |own: [u64; 2], other: [u64; 2]| {
                    std::array::from_fn(|kind| own[kind] ^ ((own[kind] ^ other[kind]) & flip))
                };
                masks[entry] = swapped(zero, one);
                masks[entry | 1 << bit] = swapped(one, zero);
            }
        }
        let share = [masks[0][0] ^ below[0], masks[0][1] ^ equal[0]];
        node.set(at, share);
        for entry in 1..ENTRIES {
            let message = [
                masks[entry][0] ^ below[entry] ^ share[0],
                masks[entry][1] ^ equal[entry] ^ share[1],
            ];
            for kind in 0..kinds {
                messages[((entry - 1) * kinds + kind) * words + at] = message[kind];
            }
        }
    }
    Ok((node, messages))
}

/// A leaf at the party that chooses.
fn entry<const BITS: usize, const ENTRIES: usize>(
    leaf: &Leaf,
    numbers: &Planes,
    random: &[u64],
    messages: &[u64],
) -> Result<Node, Fault> {
    let words = Need::words(numbers.count());
    let own: [&[u64]; BITS] = std::array::from_fn(|bit| numbers.plane(leaf.low + bit as u32));
    let mut node = Node::empty(words, leaf.eq);
    let kinds = 1 + usize::from(leaf.eq);
    for (at, random) in runs(random, BITS + 2, words)?.enumerate() {
        let mut share = [random[BITS], random[BITS + 1]];
        for (kind, share) in share.iter_mut().enumerate().take(kinds) {
            // Half of the entries are left after each bit of the choice.
            let mut entries = [0; ENTRIES];
            for (entry, to) in entries.iter_mut().enumerate().skip(1) {
                *to = messages[((entry - 1) * kinds + kind) * words + at];
            }
            for (bit, own) in own.iter().enumerate() {
                for i in 0..ENTRIES >> (bit + 1) {
                    let (zero, one) = (entries[2 * i], entries[2 * i + 1]);
                    entries[i] = zero ^ ((zero ^ one) & own[at]);
                }
            }
            *share ^= entries[0];
        }
        node.set(at, share);
    }
    Ok(node)
}

impl Leaf {
    /// Of its message: for each entry but the first one or two planes.
    fn planes(&self) -> usize {
        ((1 << self.bits) - 1) * (1 + usize::from(self.eq))
    }
}

impl Node {
    fn empty(words: usize, equal: bool) -> Self {
        let plane = || Zeroizing::new(vec![0; words]);
        Self { below: plane(), equal: equal.then(plane) }
    }

    /// What is shared of equality, which every part has but the lowest one.
    fn equal(&self) -> Result<&[u64], Fault> {
        self.equal.as_ref().map(|plane| plane.as_slice()).ok_or(MISSING)
    }

    fn set(&mut self, at: usize, [below, equal]: [u64; 2]) {
        self.below[at] = below;
        if let Some(plane) = &mut self.equal {
            plane[at] = equal;
        }
    }
}
