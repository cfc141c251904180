//! Domain separation: one keyed hash for each session, direction and purpose.

use blake3::Hasher;

use super::Block;
use super::kernel::Key;

/// A name for what is hashed, as a key of BLAKE3. It is public.
#[derive(Clone)]
pub(super) struct Domain([u8; 32]);

impl Domain {
    /// Of a session. `depth` separates parameters that do not work together.
    pub(super) fn session(session: &[u8], depth: u32) -> Self {
        let mut hasher = Hasher::new_derive_key("fusion 2 oblivious transfer: session");
        hasher.update(&depth.to_le_bytes()).update(session);
        Self(hasher.finalize().into())
    }

    /// A part of this domain, further separated by what was said before.
    pub(super) fn after(&self, label: &str, said: &[&[u8]]) -> Self {
        let mut hasher = self.hasher(label);
        for part in said {
            length(&mut hasher, part.len());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// A hash for one purpose.
    pub(super) fn hasher(&self, label: &str) -> Hasher {
        let mut hasher = Hasher::new_keyed(&self.0);
        length(&mut hasher, label.len());
        hasher.update(label.as_bytes());
        hasher
    }

    /// A public key for a stream or for trees.
    pub(super) fn cipher(&self) -> Key {
        let [key, _] = halves(self.hasher("cipher").finalize().as_bytes());
        Key::new(key)
    }
}

/// The two blocks of a hash.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "16 + 15 is below 32, the length of the type"
)]
pub(super) fn halves(hash: &[u8; 32]) -> [Block; 2] {
    [0, 16].map(|at| Block::from_le_bytes(std::array::from_fn(|i| hash[at + i])))
}

fn length(hasher: &mut Hasher, length: usize) {
    // No length has more than 64 bits.
    hasher.update(&(length as u64).to_le_bytes());
}
