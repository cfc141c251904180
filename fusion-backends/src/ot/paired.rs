//! Lists that belong together. `zip` ends with the shorter one, and what is missing there would be a
//! row without a mask, or a sum without a term.

use super::error::OtError;

/// The items of both, if there are as many of one as of the other.
pub(crate) fn paired<A, B>(
    a: A,
    b: B,
) -> Result<impl ExactSizeIterator<Item = (A::Item, B::Item)>, OtError>
where
    A: IntoIterator<IntoIter: ExactSizeIterator>,
    B: IntoIterator<IntoIter: ExactSizeIterator>,
{
    let (a, b) = (a.into_iter(), b.into_iter());
    if a.len() == b.len() {
        Ok(a.zip(b))
    } else {
        Err(OtError::Internal("two lists that belong together differ in length"))
    }
}

/// That nothing is left of a list.
pub(super) fn used_up(rest: &impl ExactSizeIterator) -> Result<(), OtError> {
    if rest.len() == 0 { Ok(()) } else { Err(OtError::Internal("some of a list was never used")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_different_lengths_are_an_error() {
        assert!(paired([1, 2], [3, 4]).unwrap().eq([(1, 3), (2, 4)]));
        for (a, b) in [(2, 3), (3, 2), (0, 1)] {
            assert!(matches!(paired(0..a, 0..b), Err(OtError::Internal(_))));
        }
        // What is left of an iterator counts, not what it began with.
        let mut rest = [1, 2, 3].iter();
        assert_eq!(paired([0; 2], rest.by_ref().take(2)).unwrap().count(), 2);
        assert!(matches!(used_up(&rest), Err(OtError::Internal(_))));
        assert!(paired([0; 2], rest.by_ref().take(2)).is_err());
    }
}
