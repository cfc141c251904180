use std::num::NonZeroU64;

use crate::{
    error::Sample,
    protocol::Declaration,
    soundness::{
        AccuracyTargets, AccuracyTest, Demands, Judgement, MAX_SLOTS, ParameterError, Parameters,
        PlanError, Planner, Ratio, RiskTargets, Weakness, judge,
    },
};

/// How a client hardens its batches.
///
/// ```
/// use fusion_core::Policy;
///
/// // Whatever the server does, each of 16 answers is wrong and accepted with at most 1%; one that
/// // tampers blindly gets any accepted with at most 2^-40.
/// let policy = Policy::against_any_server("1%".parse()?, 40, 16)?;
/// assert_eq!((policy.copies(), policy.checks()), (8, 46));
/// assert!(policy.parameters(16).is_ok());
/// // The same numbers do not do for a single query.
/// assert!(policy.parameters(1).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    soundness: u32,
    copies: usize,
    checks: usize,
    slack: usize,
    targets: Option<AccuracyTargets>,
    risk: RiskTargets,
    cap: Option<NonZeroU64>,
}

impl Policy {
    /// `soundness` in bits, B `copies` of each query, T `checks` of which `slack` may fail.
    #[must_use]
    pub const fn new(soundness: u32, copies: usize, checks: usize, slack: usize) -> Self {
        Self { soundness, copies, checks, slack, targets: None, risk: RiskTargets::NONE, cap: None }
    }

    /// The recommended policy: the fewest executions for `queries` queries, all checks to be right, such
    /// that each answer is wrong and accepted with probability at most `query_risk` whatever the server
    /// does, and that a server which tampers blindly gets any wrong answer accepted with probability at
    /// most 2^-`soundness`.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if there are no queries, or no batch of at most [`MAX_SLOTS`] executions does.
    pub fn against_any_server(
        query_risk: Ratio,
        soundness: u32,
        queries: usize,
    ) -> Result<Self, Misuse> {
        let risk = RiskTargets::NONE.per_query(query_risk);
        Self::plan(&Planner::new(queries, soundness).risk(risk))
    }

    /// The policy with the fewest executions against a server that tampers *blindly* with slots, all
    /// checks to be right. It bounds nothing else: a server whose errors depend on the input gets far
    /// more accepted (16 queries at 40 bits: 4.5% of the answers). The report says how much.
    ///
    /// # Errors
    ///
    /// As [`against_any_server`](Self::against_any_server).
    pub fn against_blind_tampering(soundness: u32, queries: usize) -> Result<Self, Misuse> {
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
        let Declaration { soundness, copies, checks, slack, risk, .. } = *declaration;
        Some(Self::new(soundness, copies?, checks?, slack).with_risk(risk))
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
        Ok(Self { targets: planner.targets().copied(), risk: planner.demands().risk, ..policy })
    }

    /// Sets what any server may get accepted at most: a batch that lets it get more is refused.
    #[must_use]
    pub const fn with_risk(mut self, risk: RiskTargets) -> Self {
        self.risk = risk;
        self
    }

    /// Rejects a batch that brings the wrong checks of the session to so many. With a slack above 0 this
    /// alone bounds what any server gets accepted over a session (docs/security.md, "Sessions"); an honest
    /// server that errs now and then is rejected in the end.
    #[must_use]
    pub const fn leave_at(mut self, wrong_checks: NonZeroU64) -> Self {
        self.cap = Some(wrong_checks);
        self
    }

    /// At how many wrong checks over a session a batch is rejected.
    #[must_use]
    pub const fn cap(&self) -> Option<NonZeroU64> {
        self.cap
    }

    /// What any server may get accepted at most.
    #[must_use]
    pub const fn risk(&self) -> RiskTargets {
        self.risk
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
        let Self { soundness, copies, checks, slack, targets, risk, .. } = *self;
        if let Some(targets) = targets
            && !targets.are_met_by(&targets.test(checks, slack))
        {
            return Err(inaccurate(&targets, checks, slack));
        }
        match judge(queries, copies, checks, slack, &Demands { soundness, risk })? {
            Judgement::Sound(_) => Ok(Parameters::new(queries, copies, checks, slack)?),
            Judgement::Weak(weakness) => Err(Misuse::Unsound(Box::new(weakness))),
        }
    }

    /// Whether it asks for all that the protocol's author states.
    pub(crate) fn covers(&self, declared: &Declaration) -> Result<(), Misuse> {
        if self.soundness < declared.soundness {
            let (declared, policy) = (declared.soundness, self.soundness);
            return Err(Misuse::BelowDeclared { declared, policy });
        }
        if !self.risk.covers(&declared.risk) {
            return Err(Misuse::RiskBeyondDeclared { declared: declared.risk });
        }
        Ok(())
    }

    /// Whether somebody thought of errors that an honest model makes.
    pub(crate) fn forgives_honest_errors(&self) -> bool {
        self.slack > 0 || self.targets.is_some()
    }
}

fn inaccurate(targets: &AccuracyTargets, checks: usize, slack: usize) -> Misuse {
    let fix = targets.least_test().map_or_else(
        || "no number of checks that can be run does; move the accuracies apart".into(),
        |test| format!("checks = {}, slack = {} would do", test.checks(), test.slack()),
    );
    Misuse::Inaccurate { checks, slack, targets: *targets, fix }
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
    #[error("{0}")]
    Unsound(Box<Weakness>),
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
    /// The policy lets any server get more accepted than the protocol states.
    #[error(
        "the protocol states {declared} for any server, and the policy does not ask for that; plan it \
         with `Planner::risk`, or change the struct's #[fusion::harden(..)]"
    )]
    RiskBeyondDeclared {
        /// What the struct states.
        declared: RiskTargets,
    },
    /// Checks hold the truth, and the policy forgives no error of an honest model.
    #[error(
        "some checks hold the truth (`Check::truth`), and the policy forgives none that is answered \
         wrongly: an honest server with a model of 96% fails one of 17 such checks every second time. \
         Say what the server claims (`AccuracyTargets::new(claimed, unacceptable, ..)` in \
         `Planner::accuracy`), or use the model's own answers (`Check::model_answer`)"
    )]
    TruthWithoutSlack,
    /// The protocol cannot take a query or check.
    #[error("{of} is none that the protocol can take: {reason}")]
    Invalid {
        /// Which.
        of: Sample,
        /// What is wrong with it.
        reason: String,
    },
    /// A stored session belongs to another pool of checks.
    #[error(
        "the session was stored for a pool of {session} checks, the client has {client}; give it the \
         same checks in the same order, or begin a new session"
    )]
    OtherPool {
        /// The pool of the session.
        session: usize,
        /// The pool of the client.
        client: usize,
    },
    /// A stored session is none that a client stored.
    #[error(
        "the stored session is spoilt: no test over checks stops where it does; begin a new one"
    )]
    SpoiltSession,
    /// The operating system gives no randomness, so there is no secret order.
    #[error(
        "the operating system gives no random bytes; nothing was sent that depends on an input"
    )]
    NoEntropy,
    /// The protocol's client said the same in several slots.
    #[error(
        "the client repeated itself in the phase {phase}: it sent the same bytes in slots that hold the \
         same query, so the server can see which slots are copies, and no guarantee holds. Randomness \
         must be fresh in each execution: a generator, counter or key stream in a field is the same in \
         all clones (`instance = per_slot`). Make a new one for each with `instance = |it| ..`, or take \
         the generator as a parameter. The answers are withheld; ask them of no server that has seen \
         this run"
    )]
    RepeatedRandomness {
        /// The client's function.
        phase: &'static str,
    },
    /// An earlier run ended in a way that the server may have caused.
    #[error(
        "an earlier run was rejected, or ended after the handshake in a way that the server may have \
         caused, and asking again tells it so; take another server, or see `Client::unlatch`"
    )]
    Latched,
    /// The connection broke in an earlier run.
    #[error("the connection cannot be used: an earlier run on it failed; open a new one")]
    ConnectionClosed,
}

impl Misuse {
    /// Whether nothing had been sent that depends on a query.
    pub(crate) const fn is_before_the_run(&self) -> bool {
        !matches!(self, Self::RepeatedRandomness { .. } | Self::Latched)
    }
}
