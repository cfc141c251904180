//! Agreement of the copies, correctness of the checks, one verdict. The only place that makes a
//! [`Verified`].

use std::{fmt, marker::PhantomData, ops::Deref};

use crate::{
    check::Expected,
    connection::caught,
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

/// A verdict that is not "accepted": why, and the report with the evidence.
pub(crate) type Judged<O> = Result<Verified<Vec<O>>, (Rejection, Box<Report>)>;

/// Computes the verdict. All evidence is weighed before any of it is acted on. `also` sees the tally and
/// may still reject: what a session knows besides.
pub(crate) fn judge<O>(
    answers: Unmixed<O>,
    expected: &[&Expected<O>],
    agreement: &impl Agreement<O>,
    transcript_mismatch: Option<Place>,
    mut report: Report,
    also: impl FnOnce(&Evidence, &mut Report) -> Option<Rejection>,
) -> Judged<O> {
    let slack = report.parameters.slack();
    let evidence = weigh(&answers, expected, agreement, slack);
    report.checks = Some(evidence.tally);
    let sessions = also(&evidence, &mut report);
    let rejection = transcript_mismatch
        .map(|place| Rejection::Transcript { place })
        .or(evidence.rejection)
        .or(sessions);
    match rejection {
        Some(rejection) => {
            report.rejection = Some(rejection.to_string());
            Err((rejection, Box::new(report)))
        }
        None => {
            let first = |copies: Vec<Option<O>>| copies.into_iter().next().flatten();
            // A copy that is missing has agreed with nothing, so all are there.
            match answers.queries.into_iter().map(first).collect() {
                Some(value) => Ok(Verified { value, report }),
                None => {
                    let nothing = Rejection::Disagreement { queries: Vec::new(), unread: 1 };
                    Err((nothing, Box::new(report)))
                }
            }
        }
    }
}

/// What the answers say.
pub(crate) struct Evidence {
    pub(crate) tally: CheckTally,
    /// For each check whether it was answered rightly.
    pub(crate) right: Vec<bool>,
    pub(crate) rejection: Option<Rejection>,
}

/// How the checks were answered, and why the batch is to be rejected, if it is. Code of the user's that
/// panics has found nothing right.
pub(crate) fn weigh<O>(
    answers: &Unmixed<O>,
    expected: &[&Expected<O>],
    agreement: &impl Agreement<O>,
    slack: usize,
) -> Evidence {
    let queries = answers.queries.iter().enumerate();
    let disagreeing = queries.filter(|(_, copies)| !all_agree(copies, agreement));
    let disagreeing: Vec<usize> = disagreeing.map(|(query, _)| query).collect();
    let unread = answers.queries.iter().flatten().filter(|answer| answer.is_none()).count();
    // A check without an answer is not a passed check.
    let right: Vec<bool> = (0..expected.len())
        .map(|check| {
            let (expected, answer) = (expected.get(check), answers.checks.get(check));
            match (expected, answer.and_then(Option::as_ref)) {
                (Some(expected), Some(answer)) => {
                    caught(|| expected.is_met(answer, agreement)).unwrap_or(false)
                }
                _ => false,
            }
        })
        .collect();
    let labelled = expected.iter().filter(|check| matches!(check, Expected::Truth(_))).count();
    let count = right.iter().filter(|right| **right).count();
    let tally = CheckTally { right: count, total: expected.len(), labelled, slack };
    let rejection = if !disagreeing.is_empty() {
        Some(Rejection::Disagreement { queries: disagreeing, unread })
    } else if answers.checks.len() != expected.len() || !tally.passes() {
        Some(Rejection::Accuracy(tally))
    } else {
        None
    };
    Evidence { tally, right, rejection }
}

/// Compares each copy with itself and with each other one: a tolerant agreement need not be transitive,
/// and an answer that cannot be compared (a copy without one, a number that is none) agrees with nothing.
fn all_agree<O>(copies: &[Option<O>], agreement: &impl Agreement<O>) -> bool {
    let pairs = copies
        .iter()
        .enumerate()
        .flat_map(|(index, left)| copies.iter().skip(index).map(move |right| (left, right)));
    pairs.fold(true, |all, pair| {
        let agree = match pair {
            (Some(left), Some(right)) => caught(|| agreement.agree(left, right)).unwrap_or(false),
            _ => false,
        };
        agree & all
    })
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
            queries: queries.into_iter().map(|copies| copies.map(Some).to_vec()).collect(),
            checks: checks.map(Some).to_vec(),
        };
        let expected: Vec<Expected<i32>> = vec![
            Expected::Answer(10),
            Expected::Answer(20),
            Expected::Truth(Box::new(|answer| *answer > 25)),
        ];
        judge(
            answers,
            &expected.iter().collect::<Vec<_>>(),
            &Exact,
            mismatch,
            report(slack),
            |_, _| None,
        )
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
            Err(Rejection::Disagreement { queries: vec![1], unread: 0 })
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
        let answers = Unmixed { queries: vec![vec![Some(1)]], checks: vec![] };
        let expected = Expected::Answer(1);
        assert!(judge(answers, &[&expected], &Exact, None, report(3), |_, _| None).is_err());
    }

    #[test]
    fn a_copy_without_an_answer_agrees_with_nothing_not_even_alone() {
        for queries in [vec![vec![None]], vec![vec![Some(1), None]], vec![vec![None, None]]] {
            let unread = queries.iter().flatten().filter(|copy| copy.is_none()).count();
            let answers = Unmixed { queries, checks: vec![None] };
            let expected = Expected::Answer(1);
            let evidence = weigh(&answers, &[&expected], &Exact, 1);
            let disagreement = Rejection::Disagreement { queries: vec![0], unread };
            assert_eq!(evidence.rejection, Some(disagreement));
            assert_eq!((evidence.tally.right, evidence.right), (0, vec![false]));
        }
        let nan = Unmixed { queries: vec![vec![Some(f64::NAN)]], checks: vec![] };
        assert!(weigh(&nan, &[], &Exact, 0).rejection.is_some());
    }

    #[test]
    fn code_that_panics_finds_nothing_right() {
        struct Breaks;
        impl Agreement<i32> for Breaks {
            type Verified = i32;
            fn agree(&self, left: &i32, _right: &i32) -> bool {
                assert!(*left < 5, "an answer out of range");
                true
            }
            fn verified(&self, answer: i32) -> i32 {
                answer
            }
            fn statement(&self) -> &'static str {
                "breaks"
            }
        }
        let of = |answer| Unmixed { queries: vec![vec![Some(answer)]], checks: vec![Some(7)] };
        let truth = Expected::Truth(Box::new(|answer| [true][*answer as usize]));
        assert!(weigh(&of(1), &[], &Breaks, 0).rejection.is_some(), "a check too many");
        assert_eq!(weigh(&of(1), &[&truth], &Breaks, 0).tally.right, 0);
        assert!(matches!(
            weigh(&of(9), &[&truth], &Breaks, 1).rejection,
            Some(Rejection::Disagreement { .. })
        ));
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
        assert!(all_agree(&[Some(1), Some(2)], &Within(1)));
        assert!(!all_agree(&[Some(1), Some(2), Some(3)], &Within(1)));
    }
}
