//! Is the model as good as claimed? A test over a whole session, for checks that hold the truth.

use std::fmt;

use crate::{
    AccuracyTargets, Ratio,
    float::{
        Float,
        Rounding::{self, Down, Up},
    },
};

/// The sequential test of Wald, in cycles: each ends with a confirmation, and the next starts from
/// nothing, so that a server cannot save up credit and spend it later.
///
/// Read at the end of each batch. With p0 and p1 the error rates of the claimed and the
/// unacceptable accuracy, w of n answers in this cycle wrong, and j cycles confirmed so far,
///
/// ```text
/// score = w log2(p1/p0) - (n-w) log2((1-p0)/(1-p1));
/// rejected  if score >= completeness + ceil(log2((j+1)(j+2))),   confirmed  if score <= -confidence.
/// ```
///
/// - *Honest servers*, at most p0 wrong in every check given what went before, are *ever* rejected
///   with probability at most 2^-completeness, however long the session: 2^score is then a
///   nonnegative supermartingale in each cycle (Ville), and the sum of 1/((j+1)(j+2)) is 1.
/// - *Unacceptable servers* that run one model per batch, of error rate p1 or more throughout a
///   cycle, are confirmed in it with probability at most 2^-confidence.
///
/// A batch that is accepted while the test is undecided has no confidence from it. A server whose
/// errors are correlated within a batch (all wrong or none) is not bound by the second: its batch
/// is one trial. Any server is bound by [`SessionBound`](crate::SessionBound).
///
/// Logarithms are counted in units of 2^-32, rounded to the side that delays the decision. If the
/// claim is 1, the first wrong answer rejects.
///
/// ```
/// use fusion_soundness::{AccuracyTargets, SequentialTest, Standing};
///
/// let targets = AccuracyTargets::new("95%".parse()?, "80%".parse()?, 7, 7)?;
/// let mut test = SequentialTest::new(targets);
/// assert_eq!(test.observe(20, 0), Standing::Undecided);
/// assert_eq!(test.observe(20, 1), Standing::Confirmed { times: 1 });
/// assert_eq!(test.observe(4, 6), Standing::Rejected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequentialTest {
    targets: AccuracyTargets,
    weights: Weights,
    state: SequentialState,
}

/// What a [`SequentialTest`] says at the end of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Neither: this cycle has seen too little.
    Undecided,
    /// With this batch the unacceptable accuracy is ruled out, for the cycle that it ends.
    Confirmed {
        /// How many cycles have been confirmed, this one included.
        times: u64,
    },
    /// The claim does not hold. For good.
    Rejected,
}

/// What a [`SequentialTest`] has seen: to be stored with the session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SequentialState {
    /// Right answers in this cycle.
    pub right: u64,
    /// Wrong answers in this cycle.
    pub wrong: u64,
    /// Cycles that were confirmed before.
    pub confirmed: u64,
    /// Whether the server has been rejected.
    pub rejected: bool,
}

impl SequentialTest {
    /// At the beginning of a session.
    #[must_use]
    pub fn new(targets: AccuracyTargets) -> Self {
        let state = SequentialState::default();
        Self { targets, weights: Weights::of(&targets), state }
    }

    /// Goes on where another test for the same targets stopped.
    ///
    /// # Errors
    ///
    /// [`StateError`] if no test for these targets stops there.
    pub fn resume(targets: AccuracyTargets, state: SequentialState) -> Result<Self, StateError> {
        let test = Self { state, ..Self::new(targets) };
        if test.rejects() != state.rejected || test.confirms() {
            return Err(StateError { state });
        }
        Ok(test)
    }

    /// Takes in the checks of a batch.
    pub fn observe(&mut self, right: u64, wrong: u64) -> Standing {
        if self.state.rejected {
            return Standing::Rejected;
        }
        self.state.right = self.state.right.saturating_add(right);
        self.state.wrong = self.state.wrong.saturating_add(wrong);
        if self.rejects() {
            self.state.rejected = true;
            return Standing::Rejected;
        }
        if self.confirms() {
            let times = self.state.confirmed.saturating_add(1);
            self.state = SequentialState { confirmed: times, ..SequentialState::default() };
            return Standing::Confirmed { times };
        }
        Standing::Undecided
    }

    /// To store.
    #[must_use]
    pub const fn state(&self) -> SequentialState {
        self.state
    }

    /// What is tested.
    #[must_use]
    pub const fn targets(&self) -> &AccuracyTargets {
        &self.targets
    }

    fn rejects(&self) -> bool {
        let SequentialState { right, wrong, confirmed, .. } = self.state;
        // ceil(log2(n)) is the number of bits of n - 1.
        let cycle = (u128::from(confirmed) + 1) * (u128::from(confirmed) + 2);
        let price = 128 - (cycle - 1).leading_zeros();
        self.weights.rejects(right, wrong, self.targets.completeness().saturating_add(price))
    }

    fn confirms(&self) -> bool {
        let SequentialState { right, wrong, rejected, .. } = self.state;
        !rejected && right > 0 && self.weights.confirms(right, wrong, self.targets.confidence())
    }
}

/// What a wrong and a right answer count, in units of 2^-32 bits, rounded down and up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weights {
    /// log2(p1/p0); `None` for p0 = 0.
    wrong: Option<(u64, u64)>,
    /// log2((1-p0)/(1-p1)).
    right: (u64, u64),
}

impl Weights {
    fn of(targets: &AccuracyTargets) -> Self {
        let (claimed, unacceptable) = (targets.claimed(), targets.unacceptable());
        // A model that is never right: one that is right once in 10^9 times stands for it, too.
        let hardly = Ratio::new(1, 1_000_000_000).filter(|least| *least < claimed);
        let unacceptable = hardly.map_or(unacceptable, |least| unacceptable.max(least));
        let wrong = |ratio: Ratio| (ratio.denominator() - ratio.numerator(), ratio.denominator());
        let right = |ratio: Ratio| (ratio.numerator(), ratio.denominator());
        let (p0, p1) = (wrong(claimed), wrong(unacceptable));
        Self {
            wrong: (p0.0 > 0).then(|| logarithms(p1, p0)),
            right: logarithms(right(claimed), right(unacceptable)),
        }
    }

    fn rejects(&self, right: u64, wrong: u64, bits: u32) -> bool {
        let Some((least, _)) = self.wrong else { return wrong > 0 };
        let against = u128::from(wrong) * u128::from(least);
        let favour = u128::from(right) * u128::from(self.right.1);
        against >= favour.saturating_add(u128::from(bits) << 32)
    }

    fn confirms(&self, right: u64, wrong: u64, bits: u32) -> bool {
        let Some((_, most)) = self.wrong.or((wrong == 0).then_some((0, 0))) else { return false };
        let against = u128::from(wrong) * u128::from(most);
        let favour = u128::from(right) * u128::from(self.right.0);
        favour >= against.saturating_add(u128::from(bits) << 32)
    }
}

/// 2^32 log2 of the quotient of two fractions, which is at least 1; whole numbers below and above.
fn logarithms((a, b): (u64, u64), (c, d): (u64, u64)) -> (u64, u64) {
    // Products of at most 10^18.
    let quotient = |side: Rounding| Float::exact(a * d).div(Float::exact(b * c), side);
    (quotient(Down).log2_units(Down), quotient(Up).log2_units(Up))
}

/// A state that no test for the targets stops in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateError {
    state: SequentialState,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SequentialState { right, wrong, confirmed, rejected } = self.state;
        write!(
            f,
            "no test for these accuracies stops after {confirmed} confirmations at {right} right \
             and {wrong} wrong answers, rejected: {rejected}; it was stored for others, or changed"
        )
    }
}

impl std::error::Error for StateError {}

#[cfg(test)]
#[path = "sequential_tests.rs"]
mod tests;
