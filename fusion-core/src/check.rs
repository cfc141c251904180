//! Samples whose answers a client can judge, and the pool that they are dealt from.

use std::fmt;

use serde::Serialize;

use crate::verify::Agreement;

/// A sample whose answer the client can judge, and whose choice the server could not predict when it
/// chose its model: secret, or drawn from far more samples than a model can remember.
pub struct Check<Q, O> {
    pub(crate) sample: Q,
    pub(crate) expected: Expected<O>,
}

pub(crate) enum Expected<O> {
    Answer(O),
    Truth(Box<dyn Fn(&O) -> bool + Send + Sync>),
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
        Self { sample, expected: Expected::Truth(Box::new(is_right)) }
    }

    /// The sample.
    pub fn sample(&self) -> &Q {
        &self.sample
    }
}

impl<Q, O> Check<Q, O> {
    /// Whether it holds the truth, and not the model's own answer.
    pub(crate) fn is_truth(&self) -> bool {
        matches!(self.expected, Expected::Truth(_))
    }

    /// The model's own answer, if that is what it holds.
    pub(crate) fn answer(&self) -> Option<&O> {
        match &self.expected {
            Expected::Answer(answer) => Some(answer),
            Expected::Truth(_) => None,
        }
    }
}

impl<O> Expected<O> {
    pub(crate) fn is_met(&self, answer: &O, agreement: &impl Agreement<O>) -> bool {
        match self {
            Self::Answer(expected) => agreement.agree(expected, answer),
            Self::Truth(is_right) => is_right(answer),
        }
    }
}

/// What the samples of a pool of checks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Pool {
    /// Independent draws from the inputs that queries come from. Equal samples stay in it as often as
    /// they were drawn: leaving them out makes common inputs rarer among checks than among queries, and
    /// a server that is wrong on a common input alone is then hardly noticed.
    #[default]
    Sample,
    /// Hand-picked, generated or freed of repetitions. What the report says of any server holds only for
    /// queries that are drawn from this list themselves.
    List,
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sample => "a sample of the inputs",
            Self::List => "a list, not a sample of the inputs",
        })
    }
}
