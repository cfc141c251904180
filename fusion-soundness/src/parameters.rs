use std::fmt;

/// No batch has more executions than this.
pub const MAX_SLOTS: usize = 1 << 24;

/// The shape of a batch: R queries, B copies of each, T checks of which `slack` may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Parameters {
    queries: usize,
    copies: usize,
    checks: usize,
    slack: usize,
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Raw {
    queries: usize,
    copies: usize,
    checks: usize,
    slack: usize,
}

impl Parameters {
    /// A batch of R x B + T executions.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if a number is zero, the slack exceeds the checks, or there would be
    /// more than [`MAX_SLOTS`] executions.
    pub fn new(
        queries: usize,
        copies: usize,
        checks: usize,
        slack: usize,
    ) -> Result<Self, ParameterError> {
        if queries == 0 {
            return Err(ParameterError::NoQueries);
        }
        if copies == 0 {
            return Err(ParameterError::NoCopies);
        }
        if slack > checks {
            return Err(ParameterError::SlackOverChecks { slack, checks });
        }
        queries
            .checked_mul(copies)
            .and_then(|executions| executions.checked_add(checks))
            .filter(|&slots| slots <= MAX_SLOTS)
            .map(|_| Self { queries, copies, checks, slack })
            .ok_or(ParameterError::TooManySlots)
    }

    /// R.
    #[must_use]
    pub fn queries(self) -> usize {
        self.queries
    }

    /// B.
    #[must_use]
    pub fn copies(self) -> usize {
        self.copies
    }

    /// T.
    #[must_use]
    pub fn checks(self) -> usize {
        self.checks
    }

    /// How many checks may fail.
    #[must_use]
    pub fn slack(self) -> usize {
        self.slack
    }

    /// N = R x B + T.
    #[must_use]
    pub fn slots(self) -> usize {
        self.queries * self.copies + self.checks
    }

    /// N / R, the executions that one answer costs.
    #[must_use]
    pub fn overhead(self) -> f64 {
        self.slots() as f64 / self.queries as f64
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "R = {} queries x B = {} copies + T = {} checks (slack {}) = {} executions",
            self.queries,
            self.copies,
            self.checks,
            self.slack,
            self.slots()
        )
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Parameters {
    type Error = ParameterError;

    fn try_from(raw: Raw) -> Result<Self, ParameterError> {
        Self::new(raw.queries, raw.copies, raw.checks, raw.slack)
    }
}

#[cfg(feature = "serde")]
impl From<Parameters> for Raw {
    fn from(from: Parameters) -> Self {
        let Parameters { queries, copies, checks, slack } = from;
        Self { queries, copies, checks, slack }
    }
}

/// Numbers that make no batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterError {
    /// R = 0.
    NoQueries,
    /// B = 0.
    NoCopies,
    /// More forgiven checks than checks.
    SlackOverChecks {
        /// The slack.
        slack: usize,
        /// T.
        checks: usize,
    },
    /// N is over [`MAX_SLOTS`].
    TooManySlots,
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQueries => f.write_str("queries = 0: a batch needs at least one query"),
            Self::NoCopies => f.write_str("copies = 0: every query needs at least one copy"),
            Self::SlackOverChecks { slack, checks } => write!(
                f,
                "slack = {slack} forgives more checks than there are ({checks}); lower it"
            ),
            Self::TooManySlots => write!(
                f,
                "more than {MAX_SLOTS} executions: split the queries into several batches"
            ),
        }
    }
}

impl std::error::Error for ParameterError {}
