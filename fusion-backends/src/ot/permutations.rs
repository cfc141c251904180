//! The permutations of the hash: AES-128 under public keys, a new one after every [`WINDOW`] rows, so
//! that an adversary meets few pads under each (see `hash.rs`), however many a setup makes.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths are our own and were just compared; row numbers are below 2^62"
)]

use super::domain::{Domain, halves};
use super::kernel::{Block, Key};

/// Rows that are hashed under one key. A transfer of several rows counts to the window of its first row,
/// at both parties.
pub(super) const WINDOW: u64 = 1 << 13;

/// The permutations of one setup and direction. All of it is public.
#[derive(Clone)]
pub(crate) struct Permutations {
    domain: Domain,
    /// The window that was used last, and its key.
    last: Option<(u64, Key)>,
}

/// Transfers whose pads are hashed together, in the order of their rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The number of the first row.
    pub(super) first: u64,
    /// Rows of each transfer.
    pub(super) rows: usize,
    /// Pads of each transfer.
    pub(super) pads: usize,
}

impl Permutations {
    pub(super) fn new(domain: &Domain) -> Self {
        Self { domain: domain.after("permutations", &[]), last: None }
    }

    /// H of each pad in its place (see `hash.rs`), under the keys of the windows.
    pub(super) fn hash(&mut self, span: Span, pads: &mut [Block], tweaks: &[Block]) {
        let Span { mut first, rows, pads: each } = span;
        // Otherwise some pad would be left as it is.
        assert_eq!(pads.len(), tweaks.len(), "each pad has a tweak");
        assert_eq!(pads.len() % each, 0, "transfers have all their pads");
        let rows = rows as u64;
        let (mut pads, mut tweaks) = (pads, tweaks);
        while !pads.is_empty() {
            let window = first / WINDOW;
            // Transfers that begin in this window.
            let begin = ((window + 1) * WINDOW - first).div_ceil(rows);
            let count = begin.min((pads.len() / each) as u64);
            let (now, later) = pads.split_at_mut(count as usize * each);
            self.key(window).hash(now, &tweaks[..now.len()]);
            tweaks = &tweaks[now.len()..];
            pads = later;
            first += count * rows;
        }
    }

    fn key(&mut self, window: u64) -> &Key {
        if self.last.as_ref().is_none_or(|(last, _)| *last != window) {
            self.last = None;
        }
        let (_, key) = self.last.get_or_insert_with(|| (window, self.domain.key_of(window)));
        key
    }
}

impl Domain {
    /// The key of a window of rows.
    fn key_of(&self, window: u64) -> Key {
        let mut hasher = self.hasher("window");
        hasher.update(&window.to_le_bytes());
        let [key, _] = halves(hasher.finalize().as_bytes());
        Key::new(key)
    }
}

#[cfg(test)]
impl Permutations {
    /// For tests without a setup.
    pub(crate) fn of(session: &[u8]) -> Self {
        Self::new(&Domain::session(session, 0))
    }
}
