//! Base transfers: endemic oblivious transfer over Ristretto, after Masny and Rindal, "Endemic
//! Oblivious Transfer" (CCS 2019, eprint 2019/706), the protocol in one round from a key agreement
//! with pseudorandom messages, here Diffie-Hellman.
//!
//! The receiver with choice c draws a point R[1-c] and a scalar a, and sends R[0] and R[1], where
//! R[c] = aG - H(c, R[1-c]). The sender draws a scalar y, fresh for each transfer, and sends Y = yG.
//! Its keys are the hashes of y (R[0] + H(0, R[1])) and y (R[1] + H(1, R[0])); the receiver has the
//! hash of aY. Neither message depends on the other, so both travel at once.
//!
//! # Security
//!
//! Against a malicious party on either side, if computational Diffie-Hellman is hard (gap, to answer
//! the oracle) and the hashes are random oracles. The choice is hidden statistically: R[0] and R[1]
//! are both uniform, but for the bias of the map from 64 uniform bytes to a point. A malicious party
//! can influence its own keys (that is what endemic means), which does no harm to the trees above:
//! the level sums are masked by keys, and the trees are checked. All hashes are separated by
//! session, direction and transfer.

#![allow(clippy::arithmetic_side_effects, reason = "in a group and a field: nothing overflows")]

use curve25519_dalek::{
    RistrettoPoint, Scalar, ristretto::CompressedRistretto, traits::IsIdentity,
};
use rand::{CryptoRng, RngExt};
use subtle::{Choice, ConditionallySelectable};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Block;
use super::domain::{Domain, halves};
use super::error::{Malformed, OtError};
use super::paired::paired;

type Point = [u8; 32];

/// Bytes that the receiver sends for each transfer.
pub(super) const RECEIVER_BYTES: usize = 64;
/// Bytes that the sender sends for each transfer.
pub(super) const SENDER_BYTES: usize = 32;

/// The party that chooses. Used once.
pub(super) struct Receiver {
    transfers: Vec<Chosen>,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Chosen {
    choice: u8,
    secret: Scalar,
    /// What was sent.
    #[zeroize(skip)]
    points: [Point; 2],
}

impl Receiver {
    /// `choices` are 0 or 1.
    pub(super) fn new<R: CryptoRng>(domain: &Domain, choices: &[u8], rng: &mut R) -> Self {
        let transfers = (0..).zip(choices).map(|(transfer, choice)| {
            let other = point(rng).compress().to_bytes();
            let secret = scalar(rng);
            let mask = mask(domain, transfer, *choice, &other);
            let chosen = (RistrettoPoint::mul_base(&secret) - mask).compress().to_bytes();
            let points = [select(&chosen, &other, *choice), select(&other, &chosen, *choice)];
            Chosen { choice: *choice, secret, points }
        });
        Self { transfers: transfers.collect() }
    }

    /// For the sender.
    pub(super) fn message(&self) -> Vec<u8> {
        self.transfers.iter().flat_map(|transfer| transfer.points).flatten().collect()
    }

    /// The keys that were chosen, from what the sender sent.
    pub(super) fn keys(
        &self,
        domain: &Domain,
        message: &[u8],
    ) -> Result<Zeroizing<Vec<Block>>, OtError> {
        let (points, []) = message.as_chunks() else {
            return Err(OtError::Malformed(Malformed::Length));
        };
        if points.len() != self.transfers.len() {
            return Err(OtError::Malformed(Malformed::Length));
        }
        let mut keys = Zeroizing::new(Vec::with_capacity(points.len()));
        for (transfer, (chosen, bytes)) in paired(&self.transfers, points)?.enumerate() {
            let shared = chosen.secret * parse(bytes, transfer)?;
            keys.push(key(domain, transfer, chosen.choice, &chosen.points, bytes, shared));
        }
        Ok(keys)
    }
}

/// The party with two keys for each transfer. Used once.
pub(super) struct Sender {
    transfers: Vec<Announced>,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Announced {
    secret: Scalar,
    #[zeroize(skip)]
    point: Point,
}

impl Sender {
    pub(super) fn new<R: CryptoRng>(count: usize, rng: &mut R) -> Self {
        let transfers = (0..count).map(|_| {
            let secret = scalar(rng);
            Announced { secret, point: RistrettoPoint::mul_base(&secret).compress().to_bytes() }
        });
        Self { transfers: transfers.collect() }
    }

    /// For the receiver.
    pub(super) fn message(&self) -> Vec<u8> {
        self.transfers.iter().flat_map(|transfer| transfer.point).collect()
    }

    /// Both keys of each transfer, from what the receiver sent.
    pub(super) fn keys(
        &self,
        domain: &Domain,
        message: &[u8],
    ) -> Result<Zeroizing<Vec<[Block; 2]>>, OtError> {
        let (points, []) = message.as_chunks::<32>() else {
            return Err(OtError::Malformed(Malformed::Length));
        };
        let (pairs, []) = points.as_chunks() else {
            return Err(OtError::Malformed(Malformed::Length));
        };
        if pairs.len() != self.transfers.len() {
            return Err(OtError::Malformed(Malformed::Length));
        }
        let mut keys = Zeroizing::new(Vec::with_capacity(pairs.len()));
        for (transfer, (announced, pair)) in paired(&self.transfers, pairs)?.enumerate() {
            let [zero, one] = pair;
            let shared = |choice, mine, other| -> Result<Block, OtError> {
                let sum = parse(mine, transfer)? + mask(domain, transfer, choice, other);
                let shared = announced.secret * sum;
                Ok(key(domain, transfer, choice, pair, &announced.point, shared))
            };
            keys.push([shared(0, zero, one)?, shared(1, one, zero)?]);
        }
        Ok(keys)
    }
}

/// `one` if the choice is 1, else `zero`.
fn select(zero: &Point, one: &Point, choice: u8) -> Point {
    let choice = Choice::from(choice & 1);
    let mut selected = *zero;
    for (selected, one) in selected.iter_mut().zip(one) {
        selected.conditional_assign(one, choice);
    }
    selected
}

/// The point of these bytes, if they are one in its only encoding, and not the neutral one.
fn parse(bytes: &Point, transfer: usize) -> Result<RistrettoPoint, OtError> {
    let point = CompressedRistretto(*bytes).decompress();
    point.filter(|point| !point.is_identity()).ok_or(OtError::NotAPoint { transfer })
}

/// H(choice, other): a point whose logarithm nobody knows.
fn mask(domain: &Domain, transfer: usize, choice: u8, other: &Point) -> RistrettoPoint {
    let mut hasher = domain.hasher("base: mask");
    hasher.update(&index(transfer)).update(&[choice]).update(other);
    let mut uniform = [0; 64];
    hasher.finalize_xof().fill(&mut uniform);
    RistrettoPoint::from_uniform_bytes(&uniform)
}

fn key(
    domain: &Domain,
    transfer: usize,
    choice: u8,
    sent: &[Point; 2],
    announced: &Point,
    mut shared: RistrettoPoint,
) -> Block {
    let mut bytes = shared.compress().to_bytes();
    shared.zeroize();
    let mut hasher = domain.hasher("base: key");
    hasher.update(&index(transfer)).update(&[choice]);
    hasher.update(sent.as_flattened()).update(announced).update(&bytes);
    bytes.zeroize();
    let mut hash = hasher.finalize();
    hasher.zeroize();
    let [key, _] = halves(hash.as_bytes());
    hash.zeroize();
    key
}

fn index(transfer: usize) -> [u8; 8] {
    (transfer as u64).to_le_bytes()
}

fn scalar<R: CryptoRng>(rng: &mut R) -> Scalar {
    let mut wide = Zeroizing::new([0; 64]);
    rng.fill(&mut wide[..]);
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// A point whose logarithm nobody knows. What it is made from is secret: it tells which of the two
/// points of a transfer was made like this, and so the choice.
fn point<R: CryptoRng>(rng: &mut R) -> RistrettoPoint {
    let mut wide = Zeroizing::new([0; 64]);
    rng.fill(&mut wide[..]);
    RistrettoPoint::from_uniform_bytes(&wide)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    fn parties(choices: &[u8]) -> (Domain, Receiver, Sender) {
        let mut rng = StdRng::seed_from_u64(5);
        let domain = Domain::session(b"test", 4);
        let receiver = Receiver::new(&domain, choices, &mut rng);
        (domain, receiver, Sender::new(choices.len(), &mut rng))
    }

    #[test]
    fn the_receiver_has_the_key_it_chose_and_no_other() {
        let choices = [0, 1, 1, 0, 1];
        let (domain, receiver, sender) = parties(&choices);
        let pairs = sender.keys(&domain, &receiver.message()).unwrap();
        let keys = receiver.keys(&domain, &sender.message()).unwrap();
        for ((pair, key), choice) in pairs.iter().zip(keys.iter()).zip(choices) {
            assert_eq!(pair[usize::from(choice)], *key);
            assert_ne!(pair[usize::from(1 - choice)], *key);
        }
    }

    #[test]
    fn another_session_or_direction_has_other_keys() {
        let (domain, receiver, sender) = parties(&[0, 1]);
        let keys = receiver.keys(&domain, &sender.message()).unwrap();
        for other in [Domain::session(b"replayed", 4), domain.after("direction", &[])] {
            let pairs = sender.keys(&other, &receiver.message()).unwrap();
            let found = keys.iter().any(|key| pairs.as_flattened().contains(key));
            assert!(!found);
        }
    }

    #[test]
    fn what_is_not_a_point_is_refused() {
        let (domain, receiver, sender) = parties(&[0, 1, 0]);
        let identity = [0; 32];
        // The field's prime, a negative field element, and one that is no square.
        let mut prime = [0xff; 32];
        (prime[0], prime[31]) = (0xed, 0x7f);
        let mut negative = [0; 32];
        negative[0] = 1;
        for bad in [identity, prime, negative, [0xff; 32]] {
            let mut message = sender.message();
            message[32..64].copy_from_slice(&bad);
            let refused = receiver.keys(&domain, &message).unwrap_err();
            assert!(matches!(refused, OtError::NotAPoint { transfer: 1 }));
            for half in [128, 160] {
                let mut message = receiver.message();
                message[half..half + 32].copy_from_slice(&bad);
                let refused = sender.keys(&domain, &message).unwrap_err();
                assert!(matches!(refused, OtError::NotAPoint { transfer: 2 }));
            }
        }
    }

    proptest! {
        #[test]
        fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let (domain, receiver, sender) = parties(&[0, 1, 0]);
            for refused in [
                receiver.keys(&domain, &bytes).unwrap_err(),
                sender.keys(&domain, &bytes).unwrap_err(),
            ] {
                let typed = matches!(refused, OtError::NotAPoint { .. } | OtError::Malformed(_));
                prop_assert!(typed);
            }
        }
    }
}
