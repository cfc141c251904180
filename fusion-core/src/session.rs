//! What a client remembers of one server: which checks it has used, and how they were answered.
//!
//! The bounds over a session (docs/security.md, "Sessions") are about checks that the server has not
//! met, so the pool is *dealt*: shuffled, used up, and shuffled again. What was dealt for a batch that
//! ended early is used up, too.

use std::{collections::BTreeMap, fmt};

use chacha20::ChaCha20Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::{
    policy::Misuse,
    soundness::{AccuracyTargets, Parameters, SequentialState, SequentialTest, Standing},
};

/// All batches of a client with one server. [`Client::session`](crate::Client::session) shows it; it can
/// be stored and given to another client with the same pool
/// ([`Client::resume`](crate::Client::resume)).
///
/// # Security
///
/// It says which checks come next. Keep it from the server like the checks themselves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// How many checks the pool has.
    pool: usize,
    /// What is left of this deal, the next check last.
    deck: Vec<usize>,
    deals: u64,
    accepted: u64,
    rejected: u64,
    ended_early: u64,
    right: u64,
    wrong: u64,
    /// The batch with the greatest R/T so far.
    widest: Option<(usize, usize)>,
    /// For each distinct sample that was asked whether its first answer was right.
    evidence: BTreeMap<usize, bool>,
    /// The test over labelled checks, and what it tests.
    test: Option<(Tested, SequentialState)>,
}

/// What accuracy targets are, as numbers.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Tested {
    claimed: (u64, u64),
    unacceptable: (u64, u64),
    completeness: u32,
    confidence: u32,
}

impl Tested {
    fn of(targets: &AccuracyTargets) -> Self {
        let (claimed, unacceptable) = (targets.claimed(), targets.unacceptable());
        Self {
            claimed: (claimed.numerator(), claimed.denominator()),
            unacceptable: (unacceptable.numerator(), unacceptable.denominator()),
            completeness: targets.completeness(),
            confidence: targets.confidence(),
        }
    }
}

impl Session {
    /// The beginning, with a pool of so many checks.
    #[must_use]
    pub fn new(pool: usize) -> Self {
        Self {
            pool,
            deck: Vec::new(),
            deals: 0,
            accepted: 0,
            rejected: 0,
            ended_early: 0,
            right: 0,
            wrong: 0,
            widest: None,
            evidence: BTreeMap::new(),
            test: None,
        }
    }

    /// Batches that came to a verdict.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.accepted.saturating_add(self.rejected)
    }

    /// Batches that were accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Batches that were rejected.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Batches that ended before the verdict. They count neither way.
    #[must_use]
    pub fn ended_early(&self) -> u64 {
        self.ended_early
    }

    /// Checks that were answered rightly, in all batches.
    #[must_use]
    pub fn right(&self) -> u64 {
        self.right
    }

    /// Checks that were answered wrongly, in all batches.
    #[must_use]
    pub fn wrong(&self) -> u64 {
        self.wrong
    }

    /// How often the pool was shuffled: from the second time on, checks are not fresh.
    #[must_use]
    pub fn deals(&self) -> u64 {
        self.deals
    }

    /// For how many more batches of `checks` each the checks are fresh.
    #[must_use]
    pub fn fresh_for(&self, checks: usize) -> usize {
        let left = match self.deals {
            0 => self.pool,
            1 => self.deck.len(),
            _ => 0,
        };
        left.checked_div(checks).unwrap_or(usize::MAX)
    }

    /// Distinct samples that were asked, by whether the first answer was right: the evidence about one
    /// model.
    #[must_use]
    pub fn distinct(&self) -> (u64, u64) {
        let right = self.evidence.values().filter(|right| **right).count() as u64;
        (right, (self.evidence.len() as u64).saturating_sub(right))
    }

    /// R and T of the batch with the greatest R/T.
    pub(crate) fn widest(&self) -> Option<(usize, usize)> {
        self.widest
    }

    /// How many checks the pool has.
    pub(crate) fn pool(&self) -> usize {
        self.pool
    }

    /// How often the test over the session confirmed the server.
    pub(crate) fn confirmed(&self) -> u64 {
        self.test.map_or(0, |(_, state)| state.confirmed)
    }

    /// Whether it can go on with a pool of so many checks, and with these targets.
    pub(crate) fn fits(
        &self,
        pool: usize,
        targets: Option<&AccuracyTargets>,
    ) -> Result<(), Misuse> {
        let known = |index: &usize| *index < pool;
        if self.pool != pool || self.deck.len() > pool || !self.deck.iter().all(known) {
            return Err(Misuse::OtherPool { session: self.pool, client: pool });
        }
        match targets {
            Some(targets) => self.test_of(targets).map(drop).ok_or(Misuse::SpoiltSession),
            None => Ok(()),
        }
    }

    /// The test, where it stopped; a new one if it was for other targets. `None` if no test stops there.
    fn test_of(&self, targets: &AccuracyTargets) -> Option<SequentialTest> {
        match self.test {
            Some((tested, state)) if tested == Tested::of(targets) => {
                SequentialTest::resume(*targets, state).ok()
            }
            Some(_) | None => Some(SequentialTest::new(*targets)),
        }
    }

    /// Deals the checks of a batch. `None` if the pool has not as many.
    pub(crate) fn deal(&mut self, count: usize, rng: &mut ChaCha20Rng) -> Option<Vec<usize>> {
        if self.deck.len() < count {
            self.deck = (0..self.pool).collect();
            self.deck.shuffle(rng);
            self.deals = self.deals.saturating_add(1);
        }
        Some(self.deck.split_off(self.deck.len().checked_sub(count)?))
    }

    /// A batch was begun, and has not come to a verdict yet.
    pub(crate) fn begin(&mut self, batch: Parameters) {
        self.ended_early = self.ended_early.saturating_add(1);
        let (queries, checks) = (batch.queries(), batch.checks());
        // Both products are below 2^48.
        let wider = |(r, t): (usize, usize)| queries.saturating_mul(t) > r.saturating_mul(checks);
        if self.widest.is_none_or(wider) {
            self.widest = Some((queries, checks));
        }
    }

    /// The batch came to its end, with these answers to its checks: the class of each sample, and
    /// whether it was right.
    pub(crate) fn judge(
        &mut self,
        checks: impl IntoIterator<Item = (usize, bool)>,
        targets: Option<&AccuracyTargets>,
    ) -> Option<Standing> {
        self.ended_early = self.ended_early.saturating_sub(1);
        let (mut right, mut wrong) = (0_u64, 0_u64);
        for (class, is_right) in checks {
            let count = if is_right { &mut right } else { &mut wrong };
            *count = count.saturating_add(1);
            self.evidence.entry(class).or_insert(is_right);
        }
        self.right = self.right.saturating_add(right);
        self.wrong = self.wrong.saturating_add(wrong);
        let targets = targets?;
        // One that cannot go on was refused when the session was resumed.
        let Some(mut test) = self.test_of(targets) else { return Some(Standing::Rejected) };
        let standing = test.observe(right, wrong);
        self.test = Some((Tested::of(targets), test.state()));
        Some(standing)
    }

    /// The verdict.
    pub(crate) fn end(&mut self, accepted: bool) {
        let count = if accepted { &mut self.accepted } else { &mut self.rejected };
        *count = count.saturating_add(1);
    }
}

/// Says nothing of what comes next.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("pool", &self.pool)
            .field("deals", &self.deals)
            .field("accepted", &self.accepted)
            .field("rejected", &self.rejected)
            .field("ended_early", &self.ended_early)
            .field("right", &self.right)
            .field("wrong", &self.wrong)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(1)
    }

    #[test]
    fn a_pool_is_used_up_before_any_check_comes_twice() {
        let (mut session, mut rng) = (Session::new(10), rng());
        assert_eq!(session.fresh_for(3), 3);
        let mut seen = Vec::new();
        for left in [2, 1, 0] {
            seen.extend(session.deal(3, &mut rng).unwrap());
            assert_eq!(session.fresh_for(3), left);
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((seen.len(), session.deals()), (9, 1));
        assert_eq!(session.deal(3, &mut rng).unwrap().len(), 3);
        assert_eq!((session.fresh_for(3), session.deals()), (0, 2));
        assert_eq!(session.deal(11, &mut rng), None);
    }

    #[test]
    fn equal_samples_are_one_piece_of_evidence() {
        let mut session = Session::new(4);
        session.begin(Parameters::new(1, 1, 4, 0).unwrap());
        session.judge([(0, true), (0, true), (2, false), (0, false)], None);
        session.end(false);
        assert_eq!((session.right(), session.wrong(), session.distinct()), (2, 2, (1, 1)));
        assert_eq!((session.batches(), session.ended_early()), (1, 0));
    }

    #[test]
    fn a_stored_session_goes_on_and_another_pool_is_refused() {
        let (mut session, mut rng) = (Session::new(6), rng());
        session.deal(4, &mut rng);
        let stored = postcard::to_stdvec(&session).unwrap();
        let mut resumed: Session = postcard::from_bytes(&stored).unwrap();
        assert!(resumed.fits(6, None).is_ok() && resumed == session);
        assert_eq!(resumed.deal(2, &mut rng), session.deal(2, &mut rng));
        assert!(resumed.fits(7, None).is_err());
        assert!(!format!("{session:?}").contains("deck"));
    }
}
