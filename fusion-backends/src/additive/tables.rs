//! Tables of two-bit entries, 32 to a word: how the dealer makes them and how parties read them.
//!
//! An entry is (lt, eq) of a comparison z < r: bit 0 says that z is smaller, bit 1 that it is
//! equal. Parties read at public positions. The dealer moves entries by a secret mask, and does it
//! in constant time.

use super::layout::{Group, Layout};

/// The position of every other entry, of every other pair of entries, and so on.
const HALVES: [u64; 5] = [
    0x3333_3333_3333_3333,
    0x0f0f_0f0f_0f0f_0f0f,
    0x00ff_00ff_00ff_00ff,
    0x0000_ffff_0000_ffff,
    0x0000_0000_ffff_ffff,
];

/// The tables of one layout before they are masked. They are the same for every value.
pub(super) struct Tables {
    pub(super) groups: Vec<Vec<u64>>,
    pub(super) last: Vec<u64>,
}

impl Tables {
    pub(super) fn new(layout: &Layout) -> Self {
        let group = |group: &Group| {
            let parts = group.digits.len();
            fill(group.table_words(), |index| compare(index, parts))
        };
        let (groups, low) = (layout.groups.len(), layout.low_groups);
        let last = |index| {
            let all = compare(index, groups) & 1;
            let below = compare(index, low) & 1;
            all | below.wrapping_shl(1)
        };
        Self {
            groups: layout.groups.iter().map(group).collect(),
            last: fill(layout.final_words(), last),
        }
    }
}

/// The entry at `index`, which is public.
pub(super) fn lookup(table: &[u64], index: usize) -> u64 {
    let word = table.get(index.wrapping_shr(5)).copied().unwrap_or(0);
    let entry = u32::try_from(index & 31).unwrap_or(0);
    word.wrapping_shr(entry.wrapping_shl(1)) & 3
}

/// The 16 entries for a digit: entry z is (z < r, z = r).
pub(super) fn digit(r: u64) -> u64 {
    let bit = 1_u64.wrapping_shl(u32::try_from(r & 15).unwrap_or(0).wrapping_shl(1));
    (bit.wrapping_sub(1) & 0x5555_5555) | bit.wrapping_shl(1)
}

/// Moves the entry at i to i xor `mask`, for all i at once. `mask` has `bits` bits.
pub(super) fn permute(table: &mut [u64], mask: u64, bits: u32) {
    for (j, half) in (0..bits).zip(HALVES) {
        let distance = 2_u32.wrapping_shl(j);
        let chosen = select(mask, j);
        for word in table.iter_mut() {
            let swapped =
                (*word & half).wrapping_shl(distance) | (word.wrapping_shr(distance) & half);
            *word ^= (*word ^ swapped) & chosen;
        }
    }
    for j in 5..bits {
        let distance = 1_usize.wrapping_shl(j.saturating_sub(5));
        let chosen = select(mask, j);
        for pair in table.chunks_exact_mut(distance.saturating_mul(2)) {
            let (left, right) = pair.split_at_mut(distance);
            for (left, right) in left.iter_mut().zip(right) {
                let swap = (*left ^ *right) & chosen;
                *left ^= swap;
                *right ^= swap;
            }
        }
    }
}

/// All ones if bit `j` of `mask` is set.
fn select(mask: u64, j: u32) -> u64 {
    (mask.wrapping_shr(j) & 1).wrapping_neg()
}

/// (lt, eq) of the lowest `parts` parts of `index`, which holds (lt, eq) of each.
fn compare(index: u64, parts: usize) -> u64 {
    let (mut less, mut equal) = (0, 1);
    for part in (0..parts).rev() {
        let part = u32::try_from(part).unwrap_or(0);
        let entry = index.wrapping_shr(part.wrapping_shl(1));
        less |= equal & entry;
        equal &= entry.wrapping_shr(1);
    }
    (less & 1) | (equal & 1).wrapping_shl(1)
}

/// A table of `words` words, with an entry for each index.
fn fill(words: usize, entry: impl Fn(u64) -> u64) -> Vec<u64> {
    let word = |word: u64| {
        (0..32_u32).fold(0_u64, |bits, i| {
            let index = word.wrapping_shl(5) | u64::from(i);
            bits | entry(index).wrapping_shl(i.wrapping_shl(1))
        })
    };
    (0_u64..).take(words).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_table_compares() {
        for r in 0..16 {
            for z in 0..16 {
                let expected = u64::from(z < r) | u64::from(z == r) << 1;
                let index = usize::try_from(z).unwrap();
                assert_eq!(lookup(&[digit(r)], index), expected, "{z} {r}");
            }
        }
    }

    #[test]
    fn permuting_moves_every_entry_by_the_mask() {
        for bits in 1..=10_u32 {
            let entries = 1_usize << bits;
            let mut seed = 9_u64;
            let table: Vec<u64> = (0..entries.div_ceil(32))
                .map(|_| {
                    seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                    seed ^ seed >> 29
                })
                .collect();
            for mask in 0..entries {
                let mut moved = table.clone();
                permute(&mut moved, u64::try_from(mask).unwrap(), bits);
                for i in 0..entries {
                    assert_eq!(lookup(&moved, i ^ mask), lookup(&table, i), "{bits} {mask} {i}");
                }
            }
        }
    }

    /// Digit tables, group tables and the final table together are the two comparisons.
    #[test]
    fn the_chain_of_tables_compares() {
        let mut seed = 5_u64;
        for shift in 0..=62 {
            let layout = Layout::new(shift);
            let tables = Tables::new(&layout);
            for case in 0..60 {
                let mut draw = || {
                    seed = seed
                        .wrapping_mul(0x5851_f42d_4c95_7f2d)
                        .wrapping_add(0x1405_7b7e_f767_814f);
                    (seed ^ seed >> 31) >> 1
                };
                let r = draw();
                let z = match case % 4 {
                    0 => r,
                    1 => r ^ (1 << (draw() % 63)),
                    2 => (r >> shift << shift) | (draw() & ((1 << shift) - 1)),
                    _ => draw(),
                };
                let last =
                    layout.groups.iter().zip(&tables.groups).fold(0, |last, (group, table)| {
                        let index = group.digits.iter().fold(0, |index, part| {
                            let z = usize::try_from(part.of(z)).unwrap();
                            index << 2 | lookup(&[digit(part.of(r))], z)
                        });
                        last << 2 | lookup(table, usize::try_from(index).unwrap())
                    });
                let low = (1 << shift) - 1;
                let expected = u64::from(z < r) | u64::from(z & low < r & low) << 1;
                let found = lookup(&tables.last, usize::try_from(last).unwrap());
                assert_eq!(found, expected, "shift {shift}: {z:x} {r:x}");
            }
        }
    }
}
