//! Numbers that are never given twice.

use super::error::OtError;

/// Where a count ends: no number needs more than 62 bits, so none wraps, and the tweaks of `hash.rs`,
/// which put other things above 64 bits, never collide.
const END: u64 = 1 << 62;

/// Counts up from zero, and refuses at its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counter(u64);

impl Counter {
    /// The next number.
    pub(super) fn next(self) -> u64 {
        self.0
    }

    /// Whether so many numbers are left.
    pub(super) fn allows(self, count: usize) -> Result<(), OtError> {
        self.after(count).map(|_| ())
    }

    /// Gives out so many numbers, of which this is the first.
    pub(super) fn advance(&mut self, count: usize) -> Result<u64, OtError> {
        let first = self.0;
        self.0 = self.after(count)?;
        Ok(first)
    }

    fn after(self, count: usize) -> Result<u64, OtError> {
        let end = u64::try_from(count).ok().and_then(|count| self.0.checked_add(count));
        end.filter(|end| *end <= END).ok_or(OtError::Exhausted)
    }

    /// With so many numbers left.
    #[cfg(test)]
    pub(super) fn near_its_end(left: u64) -> Self {
        Self(END - left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_refuses_at_its_end_and_stays_there() {
        let mut counter = Counter::near_its_end(3);
        let first = counter.advance(2).unwrap();
        assert_eq!(counter.next(), first + 2);
        for count in [2, usize::MAX] {
            assert!(matches!(counter.advance(count), Err(OtError::Exhausted)));
            assert_eq!(counter.next(), first + 2);
        }
        assert_eq!(counter.advance(1).unwrap(), first + 2);
        assert!(counter.allows(0).is_ok());
        assert!(matches!(counter.allows(1), Err(OtError::Exhausted)));
    }
}
