//! What is prepared and not yet used.

use zeroize::{DefaultIsZeroes, Zeroize, Zeroizing};

use super::error::OtError;

/// The most that is prepared at a time: no counter of 64 bits comes near its end.
const LIMIT: u64 = 1 << 40;

/// Secrets in a row, taken from the front, each of them once.
pub(in crate::cheetah) struct Pool<T: Zeroize> {
    items: Zeroizing<Vec<T>>,
    /// How many of the items are taken.
    front: usize,
    /// How many were ever taken.
    taken: u64,
}

impl<T: DefaultIsZeroes> Pool<T> {
    pub(in crate::cheetah) fn len(&self) -> usize {
        self.items.len().saturating_sub(self.front)
    }

    /// The number of the next item.
    pub(in crate::cheetah) fn taken(&self) -> u64 {
        self.taken
    }

    /// Room for so many more. What was there is overwritten when it moves.
    pub(in crate::cheetah) fn make_room(&mut self, more: usize) {
        if self.items.capacity().saturating_sub(self.items.len()) < more {
            let rest = self.items.get(self.front..).unwrap_or_default();
            let mut items = Vec::with_capacity(rest.len().saturating_add(more));
            items.extend_from_slice(rest);
            self.items = Zeroizing::new(items);
            self.front = 0;
        }
    }

    /// Where so many more are to be put.
    pub(in crate::cheetah) fn grow(&mut self, more: usize) -> &mut Vec<T> {
        self.make_room(more);
        &mut self.items
    }

    pub(in crate::cheetah) fn take(&mut self, count: usize) -> Result<Zeroizing<Vec<T>>, OtError> {
        let end = self.front.saturating_add(count);
        let Some(items) = self.items.get_mut(self.front..end) else {
            return Err(OtError::NotPrepared { needed: count, prepared: self.len() });
        };
        let taken = Zeroizing::new(items.to_vec());
        items.zeroize();
        self.front = end;
        if self.len() == 0 {
            self.items.clear();
            self.front = 0;
        }
        self.taken = self.taken.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(taken)
    }
}

impl<T: DefaultIsZeroes> Pool<T> {
    /// Moves what another pool holds to the end of this one.
    pub(in crate::cheetah) fn append(&mut self, from: &mut Self) {
        if self.len() == 0 {
            std::mem::swap(&mut self.items, &mut from.items);
            std::mem::swap(&mut self.front, &mut from.front);
            return;
        }
        let rest = from.items.get(from.front..).unwrap_or_default();
        self.grow(rest.len()).extend_from_slice(rest);
        from.items.zeroize();
        from.front = 0;
    }
}

impl<T: Zeroize> Default for Pool<T> {
    fn default() -> Self {
        Self { items: Zeroizing::new(Vec::new()), front: 0, taken: 0 }
    }
}

/// How many are prepared when `count` more are, if that is possible.
pub(in crate::cheetah) fn reserve(prepared: usize, count: usize) -> Result<usize, OtError> {
    let end = prepared.checked_add(count);
    let few = |end: &usize| u64::try_from(*end).is_ok_and(|end| end <= LIMIT);
    end.filter(few).ok_or(OtError::TooMany(count))
}
