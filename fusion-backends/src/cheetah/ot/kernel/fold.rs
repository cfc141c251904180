//! The sums over a tree, in one pass over its leaves.

use super::{Block, Key};

/// Blocks that are made at a time.
pub(crate) const STRIPE: usize = 16;

/// Blocks that lie next to each other in a stream or a column.
pub(crate) type Stripe = [Block; STRIPE];

pub(crate) const fn empty_stripe() -> Stripe {
    [0; STRIPE]
}

/// See [`fold`](super::fold()).
///
/// Adds leaves up like a binary counter: when a subtree is complete, its right half goes into the
/// sum of its bit, and both halves together go up.
#[inline(always)]
pub(super) fn fold(
    keys: &[Key],
    all: &mut Stripe,
    by_bit: &mut [Stripe],
    mut stream: impl FnMut(&Key, &mut Stripe),
) {
    let first = (1_usize << by_bit.len()) - keys.len();
    let mut left = [empty_stripe(); 8];
    by_bit.fill(empty_stripe());
    let mut sum = empty_stripe();
    for (x, key) in (first..).zip(keys) {
        stream(key, &mut sum);
        let complete = x.trailing_ones() as usize;
        for (by_bit, left) in by_bit.iter_mut().zip(&left).take(complete) {
            add(by_bit, &sum);
            add(&mut sum, left);
        }
        if let Some(left) = left.get_mut(complete) {
            *left = sum;
        }
    }
    *all = sum;
}

#[inline(always)]
fn add(to: &mut Stripe, from: &Stripe) {
    for (to, from) in to.iter_mut().zip(from) {
        *to ^= from;
    }
}
