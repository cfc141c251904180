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
        let mut hasher = Hasher::new_derive_key("fusion 1 oblivious transfer: session");
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

    /// A public key for the fixed-key hash.
    pub(super) fn cipher(&self) -> Key {
        let bytes = self.hasher("cipher").finalize();
        Key::new(bytes.as_bytes().first_chunk().map_or(0, |key| Block::from_le_bytes(*key)))
    }
}

fn length(hasher: &mut Hasher, length: usize) {
    hasher.update(&u64::try_from(length).unwrap_or(u64::MAX).to_le_bytes());
}
