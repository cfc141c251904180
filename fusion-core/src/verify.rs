//! Agreement of the copies, correctness of the checks, one verdict. The only place that makes a
//! [`Verified`].

use std::{fmt, marker::PhantomData, ops::Deref};

use crate::{
    error::{Place, Rejection},
    mix::Unmixed,
    protocol::ClientSide,
    report::{CheckTally, Report},
};

/// When two answers to the same query count as the same, and what of an answer is verified then.
///
/// [`Exact`] unless a protocol says otherwise. Anything looser is a security parameter: a server
/// may change every answer by as much as the agreement tolerates.
pub trait Agreement<O> {
    /// What a client gets of an answer: `O` itself, or the part that was compared.
    type Verified;

    /// Whether the answers count as the same. Must be symmetric.
    fn agree(&self, left: &O, right: &O) -> bool;

    /// The answer, for the client, after its copies agreed.
    fn verified(&self, answer: O) -> Self::Verified;

    /// The tolerance, for the report.
    fn statement(&self) -> &'static str;
}

/// Answers agree when they are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exact;

impl<O: PartialEq> Agreement<O> for Exact {
    type Verified = O;

    fn agree(&self, left: &O, right: &O) -> bool {
        left == right
    }

    fn verified(&self, answer: O) -> O {
        answer
    }

    fn statement(&self) -> &'static str {
        "exact: copies must give equal answers"
    }
}

/// Answers agree when a part of them is equal: for example the label of a vector of logits. The
/// client gets [`Compared`]: that part, and the rest behind a name that says that nobody verified it.
pub struct Projection<P>(PhantomData<fn() -> P>);

impl<P> Default for Projection<P> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<P: Projected> Agreement<P::Output> for Projection<P> {
    type Verified = Compared<P::Part, P::Output>;

    fn agree(&self, left: &P::Output, right: &P::Output) -> bool {
        P::part(left) == P::part(right)
    }

    fn verified(&self, answer: P::Output) -> Compared<P::Part, P::Output> {
        Compared { part: P::part(&answer), whole: answer }
    }

    fn statement(&self) -> &'static str {
        P::STATEMENT
    }
}

/// A protocol whose answers agree when a part of them is equal: what `agree_on = ..` implements.
pub trait Projected: ClientSide {
    /// What is compared.
    type Part: PartialEq;

    /// Which part, for the report.
    const STATEMENT: &'static str;

    /// That part of an answer.
    fn part(answer: &Self::Output) -> Self::Part;
}

/// An answer of which only a part was compared. It dereferences to that part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared<T, O> {
    part: T,
    whole: O,
}

impl<T, O> Compared<T, O> {
    /// The part that was compared.
    pub fn into_part(self) -> T {
        self.part
    }

    /// The whole answer of one copy.
    ///
    /// # Security
    ///
    /// The server can change everything in it that is not in the compared part, in every execution,
    /// unnoticed.
    pub fn unverified_whole(&self) -> &O {
        &self.whole
    }
}

impl<T, O> Deref for Compared<T, O> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.part
    }
}

impl<T: fmt::Display, O> fmt::Display for Compared<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part.fmt(f)
    }
}

/// A public sample whose answer the client knows.
pub struct Check<Q, O> {
    pub(crate) sample: Q,
    pub(crate) expected: Expected<O>,
}

pub(crate) enum Expected<O> {
    Answer(O),
    Label(Box<dyn Fn(&O) -> bool + Send + Sync>),
}

impl<Q, O> Check<Q, O> {
    /// A sample with the answer that the *promised model* gives on it, compared with the protocol's
    /// agreement. An honest server never fails it, so slack 0 is enough. The model's owner, or somebody
    /// who may run the model, computed it beforehand; it is not the truth about the sample.
    pub fn model_answer(sample: Q, answer: O) -> Self {
        Self { sample, expected: Expected::Answer(answer) }
    }

    /// A sample of which the client knows the *truth*: `is_right` says whether an answer matches it.
    /// The promised model may be wrong on it, so an honest server needs slack
    /// ([`AccuracyTargets`](crate::AccuracyTargets) finds it).
    pub fn truth(sample: Q, is_right: impl Fn(&O) -> bool + Send + Sync + 'static) -> Self {
        Self { sample, expected: Expected::Label(Box::new(is_right)) }
    }

    /// The sample.
    pub fn sample(&self) -> &Q {
        &self.sample
    }
}

impl<O> Expected<O> {
    fn is_met(&self, answer: &O, agreement: &impl Agreement<O>) -> bool {
        match self {
            Self::Answer(expected) => agreement.agree(expected, answer),
            Self::Label(is_right) => is_right(answer),
        }
    }
}

/// Answers that passed verification, with the report on what that means.
///
/// There is no other way to one than a batch whose verdict was "accepted".
#[derive(Debug, Clone, PartialEq)]
pub struct Verified<T> {
    value: T,
    report: Report,
}

impl<T> Verified<T> {
    /// What was run, what it guarantees, what it cost.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The answers alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<O> Verified<Vec<O>> {
    /// Leaves of each answer what the agreement compared.
    pub(crate) fn compared<A: Agreement<O>>(self, agreement: &A) -> Verified<Vec<A::Verified>> {
        let value = self.value.into_iter().map(|answer| agreement.verified(answer)).collect();
        Verified { value, report: self.report }
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Display> fmt::Display for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// Computes the verdict. All evidence is weighed before any of it is acted on.
pub(crate) fn judge<O>(
    answers: Unmixed<O>,
    expected: &[&Expected<O>],
    agreement: &impl Agreement<O>,
    transcript_mismatch: Option<Place>,
    mut report: Report,
) -> Result<Verified<Vec<O>>, (Rejection, Box<Report>)> {
    let slack = report.parameters.slack();
    let (tally, rejection) = weigh(&answers, expected, agreement, transcript_mismatch, slack);
    report.checks = Some(tally);
    match rejection {
        Some(rejection) => {
            report.rejection = Some(rejection.to_string());
            Err((rejection, Box::new(report)))
        }
        // Every query has at least one copy: `Parameters` holds no zero.
        None => {
            let value = answers.queries.into_iter().filter_map(|copies| copies.into_iter().next());
            Ok(Verified { value: value.collect(), report })
        }
    }
}

/// How the checks were answered, and why the batch is to be rejected, if it is.
pub(crate) fn weigh<O>(
    answers: &Unmixed<O>,
    expected: &[&Expected<O>],
    agreement: &impl Agreement<O>,
    transcript_mismatch: Option<Place>,
    slack: usize,
) -> (CheckTally, Option<Rejection>) {
    let disagreeing: Vec<usize> = answers
        .queries
        .iter()
        .enumerate()
        .filter(|(_, copies)| !all_agree(copies, agreement))
        .map(|(query, _)| query)
        .collect();
    let right = answers
        .checks
        .iter()
        .zip(expected)
        .filter(|(answer, expected)| expected.is_met(answer, agreement))
        .count();
    let labelled = expected.iter().filter(|check| matches!(check, Expected::Label(_))).count();
    let tally = CheckTally { right, total: expected.len(), labelled, slack };

    let rejection = if let Some(place) = transcript_mismatch {
        Some(Rejection::Transcript { place })
    } else if !disagreeing.is_empty() {
        Some(Rejection::Disagreement { queries: disagreeing })
    } else if answers.checks.len() != expected.len() || !tally.passes() {
        Some(Rejection::Accuracy(tally))
    } else {
        None
    };
    (tally, rejection)
}

/// Compares each copy with each other one: a tolerant agreement need not be transitive.
fn all_agree<O>(copies: &[O], agreement: &impl Agreement<O>) -> bool {
    let pairs = copies
        .iter()
        .enumerate()
        .flat_map(|(index, left)| copies.iter().skip(index + 1).map(move |right| (left, right)));
    pairs.fold(true, |all, (left, right)| agreement.agree(left, right) & all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{policy::Policy, protocol::Declaration, soundness::Parameters};

    fn report(slack: usize) -> Report {
        let parameters = Parameters::new(2, 2, 3, slack).unwrap();
        Report::new(
            "toy",
            1,
            Declaration::new(1),
            Exact.statement_of::<i32>(),
            parameters,
            &Policy::new(1, 2, 3, slack),
        )
    }

    impl Exact {
        fn statement_of<O: PartialEq>(self) -> &'static str {
            Agreement::<O>::statement(&self)
        }
    }

    fn verdict(
        queries: [[i32; 2]; 2],
        checks: [i32; 3],
        slack: usize,
        mismatch: Option<Place>,
    ) -> Result<Vec<i32>, Rejection> {
        let answers = Unmixed {
            queries: queries.into_iter().map(Vec::from).collect(),
            checks: checks.to_vec(),
        };
        let expected: Vec<Expected<i32>> = vec![
            Expected::Answer(10),
            Expected::Answer(20),
            Expected::Label(Box::new(|answer| *answer > 25)),
        ];
        judge(answers, &expected.iter().collect::<Vec<_>>(), &Exact, mismatch, report(slack))
            .map(Verified::into_inner)
            .map_err(|(rejection, _)| rejection)
    }

    #[test]
    fn honest_answers_are_accepted() {
        assert_eq!(verdict([[1, 1], [2, 2]], [10, 20, 30], 0, None), Ok(vec![1, 2]));
    }

    #[test]
    fn copies_that_disagree_are_rejected() {
        assert_eq!(
            verdict([[1, 1], [2, 3]], [10, 20, 30], 3, None),
            Err(Rejection::Disagreement { queries: vec![1] })
        );
    }

    #[test]
    fn wrong_checks_are_forgiven_up_to_the_slack() {
        assert_eq!(verdict([[1, 1], [2, 2]], [10, 21, 30], 1, None), Ok(vec![1, 2]));
        assert_eq!(
            verdict([[1, 1], [2, 2]], [10, 21, 3], 1, None),
            Err(Rejection::Accuracy(CheckTally { right: 1, total: 3, labelled: 1, slack: 1 }))
        );
    }

    #[test]
    fn a_transcript_mismatch_is_rejected_even_if_the_answers_look_right() {
        let place = Place::handshake();
        assert_eq!(
            verdict([[1, 1], [2, 2]], [10, 20, 30], 0, Some(place)),
            Err(Rejection::Transcript { place })
        );
    }

    #[test]
    fn a_missing_check_is_not_a_passed_check() {
        let answers = Unmixed { queries: vec![vec![1]], checks: vec![] };
        let expected = Expected::Answer(1);
        assert!(judge(answers, &[&expected], &Exact, None, report(3)).is_err());
    }

    #[test]
    fn a_tolerant_agreement_is_checked_between_all_pairs() {
        struct Within(i32);
        impl Agreement<i32> for Within {
            type Verified = i32;
            fn agree(&self, left: &i32, right: &i32) -> bool {
                left.abs_diff(*right) <= self.0 as u32
            }
            fn verified(&self, answer: i32) -> i32 {
                answer
            }
            fn statement(&self) -> &'static str {
                "within a tolerance"
            }
        }
        assert!(all_agree(&[1, 2], &Within(1)));
        assert!(!all_agree(&[1, 2, 3], &Within(1)));
    }
}
