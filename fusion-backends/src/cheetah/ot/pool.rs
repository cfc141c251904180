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

    /// Room for so many more, if there is memory for them: how many there are then. Some room for what
    /// is made beyond that, too.
    pub(in crate::cheetah) fn reserve(
        &mut self,
        more: usize,
        surplus: usize,
    ) -> Result<usize, OtError> {
        let end = self.len().checked_add(more);
        let few = |end: &usize| u64::try_from(*end).is_ok_and(|end| end <= LIMIT);
        let end = end.filter(few).ok_or(OtError::TooMany(more))?;
        let room = more.saturating_add(surplus);
        if self.lacks(room) {
            let mut items = Vec::new();
            let reserved = items.try_reserve_exact(self.len().saturating_add(room));
            reserved.map_err(|_| OtError::TooMany(more))?;
            self.move_to(items);
        }
        Ok(end)
    }

    /// Where a few more are to be put, in what was reserved if that is enough.
    pub(in crate::cheetah) fn grow(&mut self, more: usize) -> &mut Vec<T> {
        if self.lacks(more) {
            self.move_to(Vec::with_capacity(self.len().saturating_add(more)));
        }
        &mut self.items
    }

    fn lacks(&self, room: usize) -> bool {
        self.items.capacity().saturating_sub(self.items.len()) < room
    }

    /// What was there is overwritten.
    fn move_to(&mut self, mut items: Vec<T>) {
        items.extend_from_slice(self.items.get(self.front..).unwrap_or_default());
        self.items = Zeroizing::new(items);
        self.front = 0;
    }

    /// Forgets what was put there last, all but so many items.
    pub(in crate::cheetah) fn shorten(&mut self, count: usize) {
        let end = self.front.saturating_add(count);
        self.items.get_mut(end..).unwrap_or_default().zeroize();
        self.items.truncate(end);
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

impl<T: Zeroize> Default for Pool<T> {
    fn default() -> Self {
        Self { items: Zeroizing::new(Vec::new()), front: 0, taken: 0 }
    }
}
