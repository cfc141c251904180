//! What is prepared and not yet used.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "`front` is never beyond the end, and what a caller asks for is checked; nothing is the peer's"
)]

use zeroize::{DefaultIsZeroes, Zeroize, Zeroizing};

use super::counter::Counter;
use super::error::OtError;

/// The most that is prepared at a time: no counter of 64 bits comes near its end.
const LIMIT: u64 = 1 << 40;

/// Secrets in a row, taken from the front, each of them once.
pub(crate) struct Pool<T: Zeroize> {
    items: Zeroizing<Vec<T>>,
    /// How many of the items are taken.
    front: usize,
    /// The numbers of those that were ever taken.
    taken: Counter,
}

impl<T: DefaultIsZeroes> Pool<T> {
    pub(crate) fn len(&self) -> usize {
        self.items.len() - self.front
    }

    /// The number of the next item.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.next()
    }

    /// Room for so many more, if there is memory for them and there are numbers for them: how many
    /// there are then. Some room for what is made beyond that, too.
    pub(crate) fn reserve(&mut self, more: usize, surplus: usize) -> Result<usize, OtError> {
        let too_many = || OtError::TooMany(more);
        let few = |end: &usize| (*end as u64) <= LIMIT;
        let end = self.len().checked_add(more).filter(few).ok_or_else(too_many)?;
        let room = more.checked_add(surplus).ok_or_else(too_many)?;
        self.taken.allows(end)?;
        if self.lacks(room) {
            let mut items = Vec::new();
            let all = self.len().checked_add(room).ok_or_else(too_many)?;
            items.try_reserve_exact(all).map_err(|_| too_many())?;
            self.move_to(items);
        }
        Ok(end)
    }

    /// Where a few more are to be put, in what was reserved if that is enough.
    pub(crate) fn grow(&mut self, more: usize) -> &mut Vec<T> {
        if self.lacks(more) {
            self.move_to(Vec::with_capacity(self.len() + more));
        }
        &mut self.items
    }

    fn lacks(&self, room: usize) -> bool {
        self.items.capacity() - self.items.len() < room
    }

    /// What was there is overwritten.
    fn move_to(&mut self, mut items: Vec<T>) {
        items.extend_from_slice(&self.items[self.front..]);
        self.items = Zeroizing::new(items);
        self.front = 0;
    }

    /// Forgets what was put there last, all but so many items.
    pub(crate) fn shorten(&mut self, count: usize) {
        if count < self.len() {
            let end = self.front + count;
            self.items[end..].zeroize();
            self.items.truncate(end);
        }
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<Zeroizing<Vec<T>>, OtError> {
        if count > self.len() {
            return Err(OtError::NotPrepared { needed: count, prepared: self.len() });
        }
        self.taken.advance(count)?;
        let items = &mut self.items[self.front..self.front + count];
        let taken = Zeroizing::new(items.to_vec());
        items.zeroize();
        self.front += count;
        if self.len() == 0 {
            self.items.clear();
            self.front = 0;
        }
        Ok(taken)
    }
}

impl<T: Zeroize> Default for Pool<T> {
    fn default() -> Self {
        Self { items: Zeroizing::new(Vec::new()), front: 0, taken: Counter::default() }
    }
}

#[cfg(test)]
impl<T: Zeroize> Pool<T> {
    /// As if all but so many had been taken that ever can be.
    pub(super) fn forward(&mut self, left: u64) {
        self.taken = Counter::near_its_end(left);
    }
}
