//! Sequences that must be equally long. Cut to the shorter one, as `zip` does it, a mask would be missing
//! where the other goes on, and nobody would notice.

use std::slice::ChunksExact;

use super::error::Fault;
use crate::ot;

const UNEQUAL: Fault = Fault::Internal("sequences that belong together are not equally long");

/// Two sequences side by side, as for the transfers.
pub(super) fn paired<A, B>(
    a: A,
    b: B,
) -> Result<impl ExactSizeIterator<Item = (A::Item, B::Item)>, Fault>
where
    A: IntoIterator<IntoIter: ExactSizeIterator>,
    B: IntoIterator<IntoIter: ExactSizeIterator>,
{
    Ok(ot::paired::paired(a, b)?)
}

/// `count` records of `SIZE` items each, and nothing after them.
pub(super) fn records<const SIZE: usize, T>(
    items: &[T],
    count: usize,
) -> Result<&[[T; SIZE]], Fault> {
    match items.as_chunks() {
        (records, []) if records.len() == count => Ok(records),
        _ => Err(UNEQUAL),
    }
}

/// `count` runs of `size` items each, and nothing after them.
pub(super) fn runs<T>(items: &[T], size: usize, count: usize) -> Result<ChunksExact<'_, T>, Fault> {
    if size.checked_mul(count) != Some(items.len()) {
        return Err(UNEQUAL);
    }
    // If runs are empty, there is nothing to be cut.
    Ok(items.chunks_exact(size.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_equally_long_is_refused() {
        assert_eq!(paired([1, 2], [3, 4]).unwrap().collect::<Vec<_>>(), [(1, 3), (2, 4)]);
        assert!(matches!(paired([1, 2], [3]), Err(Fault::Internal(_))));
        assert!(matches!(paired([1], [3, 4]), Err(Fault::Internal(_))));

        assert_eq!(records::<2, _>(&[1, 2, 3, 4], 2).unwrap(), [[1, 2], [3, 4]]);
        for (length, count) in [(3, 1), (4, 1), (5, 2), (6, 2)] {
            assert!(matches!(records::<2, _>(&vec![0; length], count), Err(Fault::Internal(_))));
            assert!(matches!(runs(&vec![0; length], 2, count), Err(Fault::Internal(_))));
        }
        assert_eq!(runs(&[1, 2, 3, 4], 2, 2).unwrap().collect::<Vec<_>>(), [[1, 2], [3, 4]]);
        assert_eq!(runs(&[0; 0], 3, 0).unwrap().len(), 0);
        assert_eq!(runs(&[0; 0], 0, 3).unwrap().len(), 0);
        assert!(runs(&[0; 4], usize::MAX, 2).is_err());
    }
}
