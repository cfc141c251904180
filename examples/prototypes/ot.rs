//! Random oblivious transfer over Ristretto, after Chou and Orlandi, "The Simplest Protocol for
//! Oblivious Transfer" (LATINCRYPT 2015).
//!
//! The sender says A = aG once. For each transfer the receiver says R = rG + cA, where c is its
//! choice. The sender's two pads are H(aR) and H(aR - aA), and H(rA) is the one that was chosen.
//! How the points travel is up to the caller.
//!
//! # Security
//!
//! The choice is hidden perfectly, also from a sender that deviates: R is uniform whatever A is.
//! The pad that was not chosen is hidden from a receiver that follows the protocol, if CDH is hard
//! and H is a random oracle. This is not UC security, as was claimed at first: where receivers may
//! deviate, use endemic transfers (Masny and Rindal, CCS 2019).

use curve25519_dalek::{RistrettoPoint, Scalar, ristretto::CompressedRistretto};
use rand::{CryptoRng, RngExt};

/// A point as it travels.
pub type Point = [u8; 32];
/// What a transfer leaves: two of them at the sender, one at the receiver.
pub type Pad = [u8; 32];

/// The party with two pads for each transfer.
pub struct Sender {
    secret: Scalar,
    /// aA.
    offset: RistrettoPoint,
    announced: Point,
}

impl Sender {
    /// A sender for one run.
    pub fn new<R: CryptoRng>(rng: &mut R) -> Self {
        let secret = scalar(rng);
        let public = RistrettoPoint::mul_base(&secret);
        Self { secret, offset: secret * public, announced: public.compress().to_bytes() }
    }

    /// A, for the receiver.
    pub fn announce(&self) -> Point {
        self.announced
    }

    /// The two pads of a transfer, if the receiver's choice is a point.
    pub fn pads(&self, transfer: usize, choice: &Point) -> Option<[Pad; 2]> {
        let shared = self.secret * CompressedRistretto(*choice).decompress()?;
        Some([shared, shared - self.offset].map(|key| {
            let key = key.compress().to_bytes();
            pad(transfer, &self.announced, choice, &key)
        }))
    }
}

/// The party that chooses.
pub struct Receiver {
    public: RistrettoPoint,
    announced: Point,
}

impl Receiver {
    /// A receiver for one run, if what the sender announced is a point.
    pub fn new(announced: Point) -> Option<Self> {
        let public = CompressedRistretto(announced).decompress()?;
        Some(Self { public, announced })
    }

    /// R, for the sender, and the pad of this choice.
    pub fn choose<R: CryptoRng>(&self, transfer: usize, bit: bool, rng: &mut R) -> (Point, Pad) {
        let secret = scalar(rng);
        // Multiplied rather than branched on: the bit is secret.
        let choice = RistrettoPoint::mul_base(&secret) + Scalar::from(u8::from(bit)) * self.public;
        let choice = choice.compress().to_bytes();
        let key = (secret * self.public).compress().to_bytes();
        (choice, pad(transfer, &self.announced, &choice, &key))
    }
}

fn pad(transfer: usize, announced: &Point, choice: &Point, key: &Point) -> Pad {
    let mut hasher = blake3::Hasher::new_derive_key("simplest oblivious transfer: pad");
    hasher.update(&(transfer as u64).to_le_bytes());
    hasher.update(announced).update(choice).update(key);
    hasher.finalize().into()
}

fn scalar<R: CryptoRng>(rng: &mut R) -> Scalar {
    let mut wide = [0; 64];
    rng.fill(&mut wide[..]);
    Scalar::from_bytes_mod_order_wide(&wide)
}
