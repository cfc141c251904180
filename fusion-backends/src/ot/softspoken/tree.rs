//! Trees of seeds of which the other party lacks one leaf: a punctured pseudorandom function, with
//! the check against a party that grows a tree wrongly. SoftSpokenOT, figures 13 and 14.
//!
//! The OT receiver grows a tree of 2^k leaves from a random root; the OT sender learns all leaves
//! but leaf D, the k bits of its secret. For each level the grower encrypts the sum of all left
//! children and the sum of all right ones under the two keys of a base transfer; the other has the
//! key of the side that the path to D does not take, and thus the seed next to the path.
//!
//! The other party numbers its nodes y = x + D (bitwise), so the path is always at y = 0 and no
//! address depends on a secret.
//!
//! # Security
//!
//! Each leaf also yields 32 bytes of check. The grower sends the sum of them and a hash of them all
//! in order: the other solves for the check of leaf D, and compares the hash. A grower that sends
//! wrong sums passes for some values of D only, and then for all of these with the same leaves (by
//! collision resistance). So all it gains is a guess at D: right with the probability that D is
//! among those values, and otherwise the session is over.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a tree has 2^k nodes, 1 <= k <= 8; a message has its one length, which is checked first"
)]

use blake3::Hasher;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::super::Block;
use super::super::domain::{Domain, halves};
use super::super::error::{Check, Malformed, OtError};
use super::super::paired::paired;

type Seeds = Zeroizing<Vec<Block>>;
type LeafCheck = [u8; 32];

/// Bytes of the message for one tree.
pub(super) const fn message_len(depth: usize) -> usize {
    depth * 32 + 64
}

/// Grows tree number `tree` from `root`; gives its leaves and appends the message for the peer.
/// `keys`: two for each level.
pub(super) fn grow(
    domain: &Domain,
    tree: usize,
    root: Block,
    keys: &[[Block; 2]],
    message: &mut Vec<u8>,
) -> Seeds {
    let mut nodes: Seeds = Zeroizing::new(vec![root]);
    for (level, [left_key, right_key]) in keys.iter().enumerate() {
        let next = children(domain, tree, level, &nodes);
        let [left, right] = sums(&next);
        message.extend((left ^ left_key).to_le_bytes());
        message.extend((right ^ right_key).to_le_bytes());
        nodes = next;
    }
    let (leaves, checks) = finish(domain, tree, &nodes);
    message.extend(sum_of(&checks));
    message.extend(hash_of(domain, tree, &checks));
    leaves
}

/// All leaves but leaf `hidden`, in the order y = 1, 2, ... where leaf y is leaf y + `hidden` of the
/// grower. `keys`: one for each level, of the side that [`sides`] says.
pub(super) fn puncture(
    domain: &Domain,
    tree: usize,
    hidden: u8,
    keys: &[Block],
    message: &[u8],
) -> Result<Seeds, OtError> {
    let wrong_length = OtError::Malformed(Malformed::Length);
    let Some((levels, end)) = message.split_at_checked(keys.len() * 32) else {
        return Err(wrong_length);
    };
    let ([sum, hash], []) = end.as_chunks::<32>() else { return Err(wrong_length) };
    let (levels, _) = levels.as_chunks::<32>();

    // The node at y = 0 is unknown throughout; what stands there is never used.
    let mut nodes: Seeds = Zeroizing::new(vec![0]);
    let levels = paired(paired(sides(hidden, keys.len()), keys)?, levels)?;
    for (level, ((side, key), sent)) in levels.enumerate() {
        let mut next = children(domain, tree, level, &nodes);
        // From left and right to "on the side of the path" and "not": the path goes left if `side`.
        swap_pairs(&mut next, 1, side ^ 1);
        let [left, right] = halves(sent);
        let mask = Block::from(side).wrapping_neg();
        let sum = (left & !mask) ^ (right & mask) ^ key;
        // All other nodes off the path's side are right, so the sum gives the one at y = 1.
        let others = next.iter().skip(3).step_by(2).fold(0, |sum, node| sum ^ node);
        next[1] = sum ^ others;
        nodes = next;
    }

    let (leaves, mut checks) = finish(domain, tree, &nodes);
    checks[0] = checks.iter().skip(1).fold(*sum, add);
    // Back to the grower's order.
    for bit in 0..keys.len() {
        swap_pairs(&mut checks, 1 << bit, hidden >> bit & 1);
    }
    if bool::from(hash_of(domain, tree, &checks).ct_eq(hash)) {
        Ok(Zeroizing::new(leaves[1..].to_vec()))
    } else {
        Err(OtError::Inconsistent(Check::Tree { tree }))
    }
}

/// For each level from the root, the side that the path to leaf `hidden` does not take: 1 for right.
/// These are the choices of the base transfers.
pub(super) fn sides(hidden: u8, depth: usize) -> impl ExactSizeIterator<Item = u8> {
    (0..depth).rev().map(move |bit| !(hidden >> bit) & 1)
}

/// Left child, right child of each node.
fn children(domain: &Domain, tree: usize, level: usize, nodes: &[Block]) -> Seeds {
    let mut children = Zeroizing::new(Vec::with_capacity(nodes.len() * 2));
    for node in nodes {
        let mut hasher = hasher(domain, "tree: node", tree);
        hasher.update(&[level as u8]).update(&node.to_le_bytes());
        let mut hash = hasher.finalize();
        children.extend(halves(hash.as_bytes()));
        hash.zeroize();
        hasher.zeroize();
    }
    children
}

/// What the nodes of the last level are for: a key to expand, and a check.
fn finish(domain: &Domain, tree: usize, nodes: &[Block]) -> (Seeds, Zeroizing<Vec<LeafCheck>>) {
    let mut leaves = Zeroizing::new(Vec::with_capacity(nodes.len()));
    let mut checks = Zeroizing::new(Vec::with_capacity(nodes.len()));
    for node in nodes {
        let mut hasher = hasher(domain, "tree: leaf", tree);
        hasher.update(&node.to_le_bytes());
        let mut reader = hasher.finalize_xof();
        let (mut leaf, mut check) = ([0; 16], [0; 32]);
        reader.fill(&mut leaf);
        reader.fill(&mut check);
        leaves.push(Block::from_le_bytes(leaf));
        checks.push(check);
        leaf.zeroize();
        check.zeroize();
        reader.zeroize();
        hasher.zeroize();
    }
    (leaves, checks)
}

fn sum_of(checks: &[LeafCheck]) -> LeafCheck {
    checks.iter().fold([0; 32], add)
}

fn hash_of(domain: &Domain, tree: usize, checks: &[LeafCheck]) -> [u8; 32] {
    let mut hasher = hasher(domain, "tree: check", tree);
    hasher.update(checks.as_flattened());
    hasher.finalize().into()
}

fn hasher(domain: &Domain, label: &str, tree: usize) -> Hasher {
    let mut hasher = domain.hasher(label);
    hasher.update(&[tree as u8]);
    hasher
}

/// The sums of the left and of the right children.
fn sums(nodes: &[Block]) -> [Block; 2] {
    nodes.as_chunks().0.iter().fold([0; 2], |[left, right], [l, r]| [left ^ l, right ^ r])
}

fn add(mut sum: LeafCheck, check: &LeafCheck) -> LeafCheck {
    sum.iter_mut().zip(check).for_each(|(sum, byte)| *sum ^= byte);
    sum
}

/// Exchanges the halves of every run of 2 `distance` items if `swap` is 1, in constant time.
fn swap_pairs<T: Exchange>(items: &mut [T], distance: usize, swap: u8) {
    for run in items.chunks_exact_mut(distance * 2) {
        let (low, high) = run.split_at_mut(distance);
        low.iter_mut().zip(high).for_each(|(low, high)| T::exchange(low, high, swap));
    }
}

trait Exchange {
    fn exchange(low: &mut Self, high: &mut Self, swap: u8);
}

impl Exchange for Block {
    fn exchange(low: &mut Self, high: &mut Self, swap: u8) {
        let differ = (*low ^ *high) & Self::from(swap).wrapping_neg();
        *low ^= differ;
        *high ^= differ;
    }
}

impl Exchange for LeafCheck {
    fn exchange(low: &mut Self, high: &mut Self, swap: u8) {
        for (low, high) in low.iter_mut().zip(high) {
            let differ = (*low ^ *high) & swap.wrapping_neg();
            *low ^= differ;
            *high ^= differ;
        }
    }
}
