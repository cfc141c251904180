//! How a comparison is cut into leaves.

use std::ops::Range;

use fusion_core::transcript::Role;

/// Bits of a leaf at most. Larger leaves take fewer transfers and rounds, and more bytes: a leaf of
/// m bits sends m + 2 (2^m - 1) bits, and joining two takes 6. For each bit that is 7.0 bits at
/// m = 2, 7.7 at m = 3, and 10 at m = 4, with 2, 1.7 and 1.5 transfers.
pub(super) const LEAF: u32 = 3;

/// A few bits that are compared by a transfer of 1 of 2^`bits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The lowest of its bits.
    pub(super) low: u32,
    pub(super) bits: u32,
    /// Who makes the table. Leaves take turns, so that both parties and both directions of the
    /// network have as much to do.
    pub(super) sender: Role,
    /// Whether equality matters: not in the lowest leaf.
    pub(super) eq: bool,
}

/// The leaves of a comparison, lowest first, in segments that end at given bits.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) leaves: Vec<Leaf>,
    /// Which leaves are in each segment.
    pub(super) segments: Vec<Range<usize>>,
    /// Of each segment, the one below it.
    pub(super) parents: Vec<Option<usize>>,
}

impl Layout {
    /// `cuts` ascend; the last is how many bits are compared. Empty segments are left out.
    pub(super) fn new(cuts: &[u32]) -> Self {
        assert!(cuts.is_sorted(), "{cuts:?} do not ascend");
        let (mut leaves, mut segments) = (Vec::new(), Vec::new());
        let mut low = 0;
        for cut in cuts {
            let bits = cut.saturating_sub(low);
            let first = leaves.len();
            for mut left in (1..=bits.div_ceil(LEAF)).rev() {
                left = cut.saturating_sub(low).div_ceil(left);
                let sender =
                    if leaves.len().is_multiple_of(2) { Role::Server } else { Role::Client };
                leaves.push(Leaf { low, bits: left, sender, eq: low != 0 });
                low = low.saturating_add(left);
            }
            if bits > 0 {
                segments.push(first..leaves.len());
            }
        }
        let parents = (0..segments.len()).map(|segment| segment.checked_sub(1)).collect();
        Self { leaves, segments, parents }
    }

    /// The same, and one segment more, of so many bits, that goes on from the last but one: another high
    /// part for numbers with the same low part. Its planes are above all others.
    pub(super) fn forked(cuts: &[u32], bits: u32) -> Self {
        let mut layout = Self::new(cuts);
        let (first, low) = (layout.leaves.len(), layout.bits());
        let parent = layout.segments.len().checked_sub(2);
        let high = Self::new(&[low, low.saturating_add(bits)]);
        layout.leaves.extend(high.leaves.into_iter().filter(|leaf| leaf.low >= low));
        layout.segments.push(first..layout.leaves.len());
        layout.parents.push(parent);
        layout
    }

    /// How many bits are compared.
    pub(super) fn bits(&self) -> u32 {
        self.leaves.last().map_or(0, |leaf| leaf.low.saturating_add(leaf.bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_goes_on_from_the_last_but_one() {
        for (first, parents) in
            [(4, vec![None, Some(0), Some(1), Some(1)]), (0, vec![None, Some(0), Some(0)])]
        {
            let layout = Layout::forked(&[first, 10, 20], 10);
            assert_eq!(layout.parents, parents);
            let fork = layout.leaves.iter().filter(|leaf| leaf.low >= 20);
            assert_eq!(fork.clone().map(|leaf| leaf.bits).sum::<u32>(), 10);
            assert!(fork.clone().all(|leaf| leaf.eq));
            assert_eq!(layout.segments.last().unwrap().len(), fork.count());
        }
    }

    #[test]
    fn leaves_cover_each_bit_once_and_end_at_the_cuts() {
        for last in 1..=64 {
            for first in 0..=last {
                let layout = Layout::new(&[first, last]);
                let mut low = 0;
                for leaf in &layout.leaves {
                    assert_eq!(leaf.low, low);
                    assert!((1..=LEAF).contains(&leaf.bits));
                    assert_eq!(leaf.eq, low != 0);
                    low += leaf.bits;
                }
                assert_eq!(low, last);
                let least = (first.div_ceil(LEAF) + (last - first).div_ceil(LEAF)) as usize;
                assert_eq!(layout.leaves.len(), least);
                assert_eq!(
                    layout.segments.len(),
                    usize::from(first > 0) + usize::from(last > first)
                );
                let ends = layout.segments.iter().map(|segment| &layout.leaves[segment.end - 1]);
                let ends: Vec<_> = ends.map(|leaf| leaf.low + leaf.bits).collect();
                assert!(ends.ends_with(&[last]) && (first == 0 || ends[0] == first));
            }
        }
    }
}
