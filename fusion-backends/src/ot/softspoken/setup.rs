//! Both directions of the extension, from one exchange of two messages each way.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "on the depth of trees and on constants, never on what the peer says"
)]

use std::io::{Read, Write};

use fusion_core::transcript::Role;
use rand::{CryptoRng, RngExt};
use zeroize::Zeroizing;

use super::chunk::COLUMNS;
use super::{Block, Depth, SoftSpokenReceiver, SoftSpokenSender, tree};
use crate::ot::base::{self, RECEIVER_BYTES, SENDER_BYTES};
use crate::ot::domain::Domain;
use crate::ot::error::{Malformed, OtError};
use crate::ot::kernel::Key;
use crate::ot::paired::paired;

const BASE_BYTES: usize = COLUMNS * (RECEIVER_BYTES + SENDER_BYTES);

/// Both ends that a party has: it may send and receive.
#[derive(Debug)]
pub struct SoftSpoken {
    /// For transfers that this party sends.
    pub sender: SoftSpokenSender,
    /// For transfers that this party receives.
    pub receiver: SoftSpokenReceiver,
}

/// Sets up transfers in both directions: two messages each way, of 12 KiB and at most 8 KiB, in two
/// rounds. Both parties write before they read, so `stream` must hold that much.
///
/// `session` separates this setup from all others; it need not be secret or random, and both parties
/// pass the same. Messages of another session, or replayed ones, fail the check of a tree.
///
/// # Errors
///
/// [`OtError`]: the connection failed or the peer cheated. Nothing can be used then.
pub fn setup<S: Read + Write, R: CryptoRng>(
    role: Role,
    depth: Depth,
    session: &[u8],
    stream: &mut S,
    rng: &mut R,
) -> Result<SoftSpoken, OtError> {
    setup_for(0, role, depth, session, stream, rng)
}

/// The same as a part of something else: `purpose` separates them.
pub(in crate::ot) fn setup_for<S: Read + Write, R: CryptoRng>(
    purpose: u32,
    role: Role,
    depth: Depth,
    session: &[u8],
    stream: &mut S,
    rng: &mut R,
) -> Result<SoftSpoken, OtError> {
    let session = Domain::session(session, purpose | depth.bits() as u32);
    let (first, announced) = First::new(role, depth, session, rng);
    let theirs = exchange(stream, &announced, BASE_BYTES)?;
    let (second, grown) = first.next(&announced, &theirs, rng)?;
    let theirs = exchange(stream, &grown, second.expects())?;
    second.finish(&grown, &theirs)
}

fn exchange<S: Read + Write>(
    stream: &mut S,
    message: &[u8],
    expected: usize,
) -> Result<Vec<u8>, OtError> {
    stream.write_all(message)?;
    stream.flush()?;
    let mut theirs = vec![0; expected];
    stream.read_exact(&mut theirs)?;
    Ok(theirs)
}

/// A party that has sent its base transfers.
pub(super) struct First {
    role: Role,
    depth: Depth,
    session: Domain,
    delta: Zeroizing<Block>,
    base_receiver: base::Receiver,
    base_sender: base::Sender,
}

impl First {
    pub(super) fn new<R: CryptoRng>(
        role: Role,
        depth: Depth,
        session: Domain,
        rng: &mut R,
    ) -> (Self, Vec<u8>) {
        let mut bytes = Zeroizing::new([0; 16]);
        rng.fill(&mut bytes[..]);
        // With its lowest bit set, for `silent`.
        let delta = Zeroizing::new(Block::from_le_bytes(*bytes) | 1);
        let mut choices = Zeroizing::new(Vec::with_capacity(COLUMNS));
        choices.extend(parts(*delta, depth).flat_map(|part| tree::sides(part, depth.bits())));
        let base_receiver = base::Receiver::new(&to_sender(&session, role), &choices, rng);
        let base_sender = base::Sender::new(COLUMNS, rng);
        let mut message = base_receiver.message();
        message.extend(base_sender.message());
        (Self { role, depth, session, delta, base_receiver, base_sender }, message)
    }

    /// Takes the peer's base transfers; grows the trees.
    pub(super) fn next<R: CryptoRng>(
        self,
        ours: &[u8],
        theirs: &[u8],
        rng: &mut R,
    ) -> Result<(Second, Vec<u8>), OtError> {
        let Self { role, depth, session, delta, base_receiver, base_sender } = self;
        let Some((choices, announced)) = theirs.split_at_checked(COLUMNS * RECEIVER_BYTES) else {
            return Err(OtError::Malformed(Malformed::Length));
        };
        let pairs = base_sender.keys(&to_sender(&session, role.peer()), choices)?;
        let keys = base_receiver.keys(&to_sender(&session, role), announced)?;
        let session = session.after("setup", &ordered(role, ours, theirs));

        let domain = to_sender(&session, role.peer());
        let mut message = Vec::with_capacity(message_len(depth));
        let mut grown = Vec::with_capacity(depth.trees());
        let pairs = pairs.chunks_exact(depth.bits());
        for (tree, pairs) in paired(0..depth.trees(), pairs)? {
            let mut root = Zeroizing::new([0; 16]);
            rng.fill(&mut root[..]);
            let leaves =
                tree::grow(&domain, tree, Block::from_le_bytes(*root), pairs, &mut message);
            grown.push(leaves.iter().copied().map(Key::new).collect());
        }
        Ok((Second { role, depth, session, delta, keys, grown }, message))
    }
}

/// A party that has sent its trees.
pub(super) struct Second {
    role: Role,
    depth: Depth,
    session: Domain,
    delta: Zeroizing<Block>,
    /// Those of the base transfers that this party received.
    keys: Zeroizing<Vec<Block>>,
    grown: Vec<Vec<Key>>,
}

impl Second {
    /// Bytes of the peer's trees.
    pub(super) fn expects(&self) -> usize {
        message_len(self.depth)
    }

    /// Checks the peer's trees.
    pub(super) fn finish(self, ours: &[u8], theirs: &[u8]) -> Result<SoftSpoken, OtError> {
        let Self { role, depth, session, delta, keys, grown } = self;
        if theirs.len() != message_len(depth) {
            return Err(OtError::Malformed(Malformed::Length));
        }
        let domain = to_sender(&session, role);
        let mut trees = Vec::with_capacity(depth.trees());
        let messages = theirs.chunks_exact(tree::message_len(depth.bits()));
        let keys = paired(parts(*delta, depth), keys.chunks_exact(depth.bits()))?;
        let parts = paired(0..depth.trees(), paired(keys, messages)?)?;
        for (tree, ((part, keys), message)) in parts {
            let leaves = tree::puncture(&domain, tree, part, keys, message)?;
            trees.push(leaves.iter().copied().map(Key::new).collect());
        }
        let session = session.after("trees", &ordered(role, ours, theirs));
        let sends = to_sender(&session, role);
        let receives = to_sender(&session, role.peer());
        Ok(SoftSpoken {
            sender: SoftSpokenSender::new(sends, depth, *delta, trees),
            receiver: SoftSpokenReceiver::new(receives, depth, grown),
        })
    }
}

/// The bits of the secret that each tree hides.
fn parts(delta: Block, depth: Depth) -> impl ExactSizeIterator<Item = u8> {
    let mask = u8::MAX >> (8 - depth.bits());
    let shifts = (0..COLUMNS).step_by(depth.bits());
    shifts.map(move |shift| (delta >> shift) as u8 & mask)
}

fn message_len(depth: Depth) -> usize {
    depth.trees() * tree::message_len(depth.bits())
}

/// The direction in which `sender` sends.
fn to_sender(session: &Domain, sender: Role) -> Domain {
    session.after(if sender == Role::Client { "client sends" } else { "server sends" }, &[])
}

/// What the client said, what the server said.
fn ordered<'a>(role: Role, ours: &'a [u8], theirs: &'a [u8]) -> [&'a [u8]; 2] {
    if role == Role::Client { [ours, theirs] } else { [theirs, ours] }
}
