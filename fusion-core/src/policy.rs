use crate::protocol::Declaration;
use crate::soundness::{
    AccuracyTargets, AccuracyTest, Demands, Judgement, MAX_SLOTS, ParameterError, Parameters,
    PlanError, Planner, Weakness, judge,
};

/// How a client hardens its batches.
///
/// ```
/// use fusion_core::Policy;
///
/// // 40 bits for 16 queries: 9 copies of each, and 8 checks that must all be right.
/// let policy = Policy::new(40, 9, 8, 0);
/// assert!(policy.parameters(16).is_ok());
/// // The same numbers do not do for a single query.
/// assert!(policy.parameters(1).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    soundness: u32,
    copies: usize,
    checks: usize,
    slack: usize,
    targets: Option<AccuracyTargets>,
}

impl Policy {
    /// `soundness` in bits, B `copies` of each query, T `checks` of which `slack` may fail.
    #[must_use]
    pub const fn new(soundness: u32, copies: usize, checks: usize, slack: usize) -> Self {
        Self { soundness, copies, checks, slack, targets: None }
    }

    /// The policy with the fewest executions for `queries` queries, all checks to be right.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if there are no queries, or no batch of at most [`MAX_SLOTS`] executions does.
    pub fn cheapest(soundness: u32, queries: usize) -> Result<Self, Misuse> {
        Self::plan(&Planner::new(queries, soundness))
    }

    /// The policy of a protocol that states its batch; `None` if it leaves that to run time.
    ///
    /// ```
    /// use fusion_core::{Declaration, Policy};
    ///
    /// let stated = Declaration::new(40).batch(16, 9, 8, 0);
    /// assert_eq!(Policy::declared(&stated), Some(Policy::new(40, 9, 8, 0)));
    /// assert_eq!(Policy::declared(&Declaration::new(40)), None);
    /// ```
    #[must_use]
    pub fn declared(declaration: &Declaration) -> Option<Self> {
        let Declaration { soundness, copies, checks, slack, .. } = *declaration;
        Some(Self::new(soundness, copies?, checks?, slack))
    }

    /// The cheapest policy under the planner's conditions: accuracy targets, the checks at hand,
    /// what executions cost.
    ///
    /// ```
    /// use fusion_core::{AccuracyTargets, Planner, Policy};
    ///
    /// let accuracy = AccuracyTargets::new("98%".parse()?, "90%".parse()?, 20, 20)?;
    /// let policy = Policy::plan(&Planner::new(100, 40).accuracy(accuracy))?;
    /// assert!(policy.checks() >= 689 && policy.slack() >= 34);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Misuse`] says what stands in the way and what to change.
    pub fn plan(planner: &Planner) -> Result<Self, Misuse> {
        let parameters = planner.plan()?.parameters();
        let soundness = planner.soundness();
        let (copies, checks) = (parameters.copies(), parameters.checks());
        let policy = Self::new(soundness, copies, checks, parameters.slack());
        Ok(Self { targets: planner.targets().copied(), ..policy })
    }

    /// The soundness asked for, in bits.
    #[must_use]
    pub const fn soundness(&self) -> u32 {
        self.soundness
    }

    /// B.
    #[must_use]
    pub const fn copies(&self) -> usize {
        self.copies
    }

    /// T.
    #[must_use]
    pub const fn checks(&self) -> usize {
        self.checks
    }

    /// How many checks may fail.
    #[must_use]
    pub const fn slack(&self) -> usize {
        self.slack
    }

    /// Sets accuracy targets (guarantee A): a batch whose checks do not meet them is refused, and
    /// the report states both tails.
    #[must_use]
    pub const fn with_targets(mut self, targets: AccuracyTargets) -> Self {
        self.targets = Some(targets);
        self
    }

    /// The accuracy targets, if there are any.
    #[must_use]
    pub const fn targets(&self) -> Option<&AccuracyTargets> {
        self.targets.as_ref()
    }

    /// How well the checks of this policy tell two accuracies apart (guarantee A).
    #[must_use]
    pub fn accuracy(&self, targets: &AccuracyTargets) -> AccuracyTest {
        targets.test(self.checks, self.slack)
    }

    /// The batch for this many queries, if it is as sound as asked for.
    ///
    /// # Errors
    ///
    /// [`Misuse`] says what is wrong with the numbers, and the cheapest ones that would do.
    pub fn parameters(&self, queries: usize) -> Result<Parameters, Misuse> {
        if queries == 0 {
            return Err(Misuse::NoQueries);
        }
        let Self { soundness, copies, checks, slack, targets } = *self;
        if let Some(targets) = targets
            && !targets.are_met_by(&targets.test(checks, slack))
        {
            return Err(inaccurate(&targets, checks, slack));
        }
        match judge(queries, copies, checks, slack, &Demands::new(soundness))? {
            Judgement::Sound(_) => Ok(Parameters::new(queries, copies, checks, slack)?),
            Judgement::Weak(weakness) => Err(unsound(&weakness)),
        }
    }
}

fn inaccurate(targets: &AccuracyTargets, checks: usize, slack: usize) -> Misuse {
    let fix = targets.least_test().map_or_else(
        || "no number of checks that can be run does; move the accuracies apart".into(),
        |test| format!("checks = {}, slack = {} would do", test.checks(), test.slack()),
    );
    Misuse::Inaccurate { checks, slack, targets: *targets, fix }
}

fn unsound(weakness: &Weakness) -> Misuse {
    Misuse::Unsound {
        parameters: weakness.parameters,
        wanted: weakness.demands.soundness,
        bits: format!("{:.2}", (weakness.survival.bits() * 100.0).floor() / 100.0),
        fix: weakness.advice(),
    }
}

impl From<PlanError> for Misuse {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Parameters(ParameterError::NoQueries) => Self::NoQueries,
            PlanError::Parameters(error) => Self::Parameters(error),
            PlanError::TooFewChecks { needed, available } => {
                Self::TooFewChecks { needed, available }
            }
            PlanError::OutOfReach { soundness, queries } => Self::OutOfReach { soundness, queries },
            other => Self::NoPlan(other),
        }
    }
}

/// The caller asked for something that cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// There is nothing to ask.
    #[error("there are no queries: pass at least one")]
    NoQueries,
    /// The numbers make no batch.
    #[error("{0}")]
    Parameters(#[from] ParameterError),
    /// The batch is weaker than asked for.
    #[error("{parameters} gives {bits} bits of soundness, not the {wanted} asked for; {fix}")]
    Unsound {
        /// The batch.
        parameters: Parameters,
        /// The soundness asked for.
        wanted: u32,
        /// The soundness it has, rounded down.
        bits: String,
        /// What would do.
        fix: String,
    },
    /// The checks do not tell the accuracies apart as surely as asked for.
    #[error(
        "{checks} checks with slack {slack} do not tell accuracy {} from {} with 2^-{} and 2^-{}; {fix}",
        .targets.claimed(), .targets.unacceptable(), .targets.completeness(), .targets.confidence()
    )]
    Inaccurate {
        /// T.
        checks: usize,
        /// The slack.
        slack: usize,
        /// What was asked for.
        targets: AccuracyTargets,
        /// What would do.
        fix: String,
    },
    /// No batch that can be run is as sound as asked for.
    #[error(
        "{soundness} bits for {queries} queries take more than {MAX_SLOTS} executions; ask for \
         less soundness"
    )]
    OutOfReach {
        /// The soundness asked for.
        soundness: u32,
        /// R.
        queries: usize,
    },
    /// There is no plan.
    #[error("{0}")]
    NoPlan(PlanError),
    /// The policy asks for less than the protocol states.
    #[error(
        "the protocol states soundness = {declared}, the policy asks for {policy}; raise the policy \
         or change the struct's #[fusion::harden(..)]"
    )]
    BelowDeclared {
        /// What the struct states.
        declared: u32,
        /// What the policy asks for.
        policy: u32,
    },
    /// The client does not own enough check samples.
    #[error("the policy needs {needed} checks, the client has {available}; supply more samples")]
    TooFewChecks {
        /// T.
        needed: usize,
        /// How many there are.
        available: usize,
    },
    /// An earlier batch of this client was rejected.
    #[error(
        "an earlier batch was rejected, and asking again tells the server so; take another server, \
         or see `Client::forget_rejection`"
    )]
    AfterRejection,
    /// The connection broke in an earlier run.
    #[error("the connection cannot be used: an earlier run on it failed; open a new one")]
    ConnectionClosed,
}
