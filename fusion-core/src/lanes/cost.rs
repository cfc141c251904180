use crate::report::{InnerCost, PhaseCost};

impl PhaseCost {
    /// What the lane of this cost ran next.
    pub(super) fn then(&mut self, next: Self) {
        self.add(next, u64::saturating_add);
    }

    /// What another lane ran meanwhile: its bytes come on top, its rounds overlap.
    pub(super) fn beside(&mut self, other: Self) {
        self.add(other, u64::max);
    }

    fn add(&mut self, other: Self, rounds: fn(u64, u64) -> u64) {
        self.sent = self.sent.saturating_add(other.sent);
        self.received = self.received.saturating_add(other.received);
        self.rounds = rounds(self.rounds, other.rounds);
        for part in other.inner {
            match self.inner.iter_mut().find(|known| known.name == part.name) {
                Some(known) => known.add(&part, rounds),
                None => self.inner.push(part),
            }
        }
    }
}

impl InnerCost {
    fn add(&mut self, other: &Self, rounds: fn(u64, u64) -> u64) {
        self.sent = self.sent.saturating_add(other.sent);
        self.received = self.received.saturating_add(other.received);
        self.rounds = rounds(self.rounds, other.rounds);
        self.time = self.time.saturating_add(other.time);
    }
}
