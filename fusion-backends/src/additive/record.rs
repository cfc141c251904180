//! The dealer's material for one activation of one value: a record of words.
//!
//! Eight words are shared additively; the others, a word of masks and the tables, by xor. A share
//! of a record is a record of the same layout, and the client's is uniform.

use rand::Rng;

use super::layout::{Group, Layout};
use super::tables::{self, Tables};

/// Words that are shared additively.
const ARITHMETIC: usize = 8;
/// The sign bit.
pub(super) const TOP: u64 = 1 << 63;

/// Shares of the mask r of a value, of what it determines, and of products. `rho` and `beta` mask
/// the two results of the comparison, and tau = sign(r) xor rho masks the sign.
#[derive(Clone, Copy)]
pub(super) struct Arithmetic {
    pub(super) r: u64,
    /// The 63 low bits of r, shifted.
    pub(super) h: u64,
    pub(super) rho: u64,
    pub(super) beta: u64,
    pub(super) tau: u64,
    pub(super) tau_rho: u64,
    pub(super) tau_beta: u64,
    pub(super) tau_h: u64,
}

/// Shares of the masks of what the tables give, all in one word.
#[derive(Clone, Copy)]
pub(super) struct Masks(u64);

/// A share of one record, by parts.
pub(super) struct Record<'a> {
    pub(super) arithmetic: Arithmetic,
    pub(super) masks: Masks,
    tables: &'a [u64],
}

/// The tables of a group of digits.
pub(super) struct GroupTables<'a> {
    pub(super) digits: &'a [u64],
    pub(super) group: &'a [u64],
}

/// Words in a record.
pub(super) fn words(layout: &Layout) -> usize {
    layout.table_words().saturating_add(ARITHMETIC).saturating_add(1)
}

impl<'a> Record<'a> {
    /// A record as long as [`words`] says; what is missing counts as zero.
    pub(super) fn new(words: &'a [u64]) -> Self {
        let (arithmetic, rest) = words.split_first_chunk().unwrap_or((&[0; ARITHMETIC], &[]));
        let (masks, tables) = rest.split_first().unwrap_or((&0, &[]));
        Self { arithmetic: Arithmetic::from_words(*arithmetic), masks: Masks(*masks), tables }
    }

    /// The tables of each group, and the final table.
    pub(super) fn tables<'l>(
        &self,
        layout: &'l Layout,
    ) -> (impl Iterator<Item = (&'l Group, GroupTables<'a>)> + use<'a, 'l>, &'a [u64]) {
        let at = self.tables.len().saturating_sub(layout.final_words());
        let (mut rest, last) = self.tables.split_at_checked(at).unwrap_or_default();
        let groups = layout.groups.iter().map(move |group| {
            let digits = take(&mut rest, group.digit_words());
            (group, GroupTables { digits, group: take(&mut rest, group.table_words()) })
        });
        (groups, last)
    }
}

impl Arithmetic {
    fn from_words([r, h, rho, beta, tau, tau_rho, tau_beta, tau_h]: [u64; ARITHMETIC]) -> Self {
        Self { r, h, rho, beta, tau, tau_rho, tau_beta, tau_h }
    }

    fn to_words(self) -> [u64; ARITHMETIC] {
        let Self { r, h, rho, beta, tau, tau_rho, tau_beta, tau_h } = self;
        [r, h, rho, beta, tau, tau_rho, tau_beta, tau_h]
    }
}

impl Masks {
    /// rho at bit 0 and beta at bit 1, as in an entry of the final table.
    pub(super) fn result(self) -> u64 {
        self.0 & 3
    }

    /// The mask of the index into the final table.
    pub(super) fn last(self, layout: &Layout) -> u64 {
        self.0.wrapping_shr(2) & index_bits(layout.groups.len())
    }

    /// The mask of the index into the table of a group.
    pub(super) fn group(self, position: usize, group: &Group) -> u64 {
        let position = u32::try_from(position).unwrap_or(0);
        let offset = position.wrapping_mul(8).wrapping_add(12);
        self.0.wrapping_shr(offset) & index_bits(group.digits.len())
    }
}

/// Draws a record and takes the client's share from it; `share` holds that and becomes the
/// server's.
pub(super) fn deal<R: Rng>(layout: &Layout, tables: &Tables, share: &mut [u64], rng: &mut R) {
    let (r, masks) = (rng.next_u64(), Masks(rng.next_u64()));
    let Some((arithmetic, rest)) = share.split_first_chunk_mut::<ARITHMETIC>() else { return };
    for (share, whole) in arithmetic.iter_mut().zip(whole(layout.shift, r, masks).to_words()) {
        *share = whole.wrapping_sub(*share);
    }
    let Some((mask, mut rest)) = rest.split_first_mut() else { return };
    *mask ^= masks.0;

    let mut table = Vec::with_capacity(layout.final_words());
    for (i, (group, plain)) in layout.groups.iter().zip(&tables.groups).enumerate() {
        for pair in group.digits.chunks(2) {
            let words = pair.iter().rev().map(|digit| tables::digit(digit.of(r)));
            xor(&mut rest, &[words.fold(0, |word, digit| word.wrapping_shl(32) | digit)]);
        }
        table.clone_from(plain);
        tables::permute(&mut table, masks.group(i, group), index_width(group.digits.len()));
        xor(&mut rest, &table);
    }
    table.clone_from(&tables.last);
    tables::permute(&mut table, masks.last(layout), index_width(layout.groups.len()));
    xor(&mut rest, &table);
    zeroize::Zeroize::zeroize(&mut table);
}

/// What r and the masks determine.
fn whole(shift: u32, r: u64, masks: Masks) -> Arithmetic {
    let (rho, beta) = (masks.result() & 1, masks.result().wrapping_shr(1));
    let tau = r.wrapping_shr(63) ^ rho;
    let h = (r & !TOP).wrapping_shr(shift);
    let times = |x: u64| tau.wrapping_mul(x);
    Arithmetic { r, h, rho, beta, tau, tau_rho: times(rho), tau_beta: times(beta), tau_h: times(h) }
}

/// Two bits of each of `parts` parts.
fn index_width(parts: usize) -> u32 {
    u32::try_from(parts).unwrap_or(0).wrapping_mul(2)
}

fn index_bits(parts: usize) -> u64 {
    1_u64.wrapping_shl(index_width(parts)).wrapping_sub(1)
}

fn take<'a>(rest: &mut &'a [u64], count: usize) -> &'a [u64] {
    let (taken, left) = rest.split_at_checked(count).unwrap_or_default();
    *rest = left;
    taken
}

/// Adds `words` to the front of `rest`, and goes past them.
fn xor(rest: &mut &mut [u64], words: &[u64]) {
    let (front, left) = std::mem::take(rest).split_at_mut_checked(words.len()).unwrap_or_default();
    front.iter_mut().zip(words).for_each(|(share, word)| *share ^= word);
    *rest = left;
}
