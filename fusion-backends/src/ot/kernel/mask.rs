//! Places that are secret: every place is touched, and a mask decides.

use super::Block;

/// Adds `what` to the item at the secret `place` of `left`, and to that of `right`.
pub(crate) fn add_at(left: &mut [Block], right: &mut [Block], place: u32, what: Block) {
    assert_eq!(left.len(), right.len(), "a place would not be looked at");
    for ((left, right), at) in left.iter_mut().zip(right).zip(0..) {
        let what = what & equal(at, place);
        *left ^= what;
        *right ^= what;
    }
}

/// Sets the lowest bit of the item at the secret `place`, and clears that of all others.
pub(crate) fn mark(items: &mut [Block], place: u32) {
    for (item, at) in items.iter_mut().zip(0..) {
        *item = (*item & !1) | (equal(at, place) & 1);
    }
}

/// The sum of the `items` where the lowest bit of `marks` is set.
pub(crate) fn sum_marked(items: &[Block], marks: &[Block]) -> Block {
    assert_eq!(items.len(), marks.len(), "a term would be missing");
    items.iter().zip(marks).fold(0, |sum, (item, mark)| sum ^ (item & (mark & 1).wrapping_neg()))
}

/// All ones if both are the same.
fn equal(a: u32, b: u32) -> Block {
    // The difference is below 2^32, so that only zero less one has the highest bit.
    let mask = (u64::from(a ^ b).wrapping_sub(1) >> 63).wrapping_neg();
    Block::from(mask) | Block::from(mask) << 64
}
