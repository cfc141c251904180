//! The sums over a tree, in one pass over its leaves.

use super::{Block, Key};

/// Blocks that are made at a time.
pub(crate) const STRIPE: usize = 16;

/// Blocks that lie next to each other in a stream or a column.
pub(crate) type Stripe = [Block; STRIPE];

pub(crate) const fn empty_stripe() -> Stripe {
    [0; STRIPE]
}

/// See [`fold`](super::fold()). `by_bit` are zero before; gives the sum of all. `S` is what a level of
/// instructions holds in registers.
///
/// Adds leaves up like a binary counter: when a subtree is complete, its right half goes into the
/// sum of its bit, and both halves together go up.
#[inline(always)]
pub(super) fn fold<S: Copy>(
    keys: &[Key],
    zero: S,
    by_bit: &mut [S],
    mut stream: impl FnMut(&Key) -> S,
    add: impl Fn(&mut S, &S),
) -> S {
    let first = (1_usize << by_bit.len()) - keys.len();
    let mut left = [zero; 8];
    let mut sum = zero;
    for (x, key) in (first..).zip(keys) {
        sum = stream(key);
        let complete = x.trailing_ones() as usize;
        for (by_bit, left) in by_bit.iter_mut().zip(&left).take(complete) {
            add(by_bit, &sum);
            add(&mut sum, left);
        }
        if let Some(left) = left.get_mut(complete) {
            *left = sum;
        }
    }
    sum
}
