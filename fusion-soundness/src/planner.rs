//! The cheapest batch.

use std::num::NonZeroU32;

use crate::{
    AccuracyTargets, AccuracyTest, AnyServer, Demands, MAX_SLOTS, ParameterError, Parameters,
    PlanError, RiskTargets, Survival,
    search::{first, least_checks, least_copies, least_plausible_checks, plausible},
};

/// No plan is made for more bits than this.
pub const MAX_SOUNDNESS: u32 = 512;

/// What an execution costs, in any unit. A check may cost something else than a copy: its sample
/// must be drawn and labelled, or its reference answer computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CostModel {
    per_copy: NonZeroU32,
    per_check: NonZeroU32,
}

impl CostModel {
    /// Every execution costs 1.
    pub const EXECUTIONS: Self = Self::new(NonZeroU32::MIN, NonZeroU32::MIN);

    /// Costs of one execution of a query, and of one of a check.
    #[must_use]
    pub const fn new(per_copy: NonZeroU32, per_check: NonZeroU32) -> Self {
        Self { per_copy, per_check }
    }

    /// What a batch costs.
    #[must_use]
    pub fn of(self, parameters: Parameters) -> u64 {
        self.copies(parameters.queries(), parameters.copies()) + self.checks(parameters.checks())
    }

    fn copies(self, queries: usize, copies: usize) -> u64 {
        // A batch has at most 2^24 executions, and an execution costs less than 2^32.
        (queries as u64).saturating_mul(copies as u64).saturating_mul(self.per_copy.get().into())
    }

    fn checks(self, checks: usize) -> u64 {
        (checks as u64).saturating_mul(self.per_check.get().into())
    }
}

impl Default for CostModel {
    fn default() -> Self {
        Self::EXECUTIONS
    }
}

/// Finds the cheapest batch for a number of queries and what is asked of it: bits against blind
/// tampering, risks against any server, accuracies to tell apart. Of equally cheap ones it is the
/// one with the fewest copies.
///
/// ```
/// use fusion_soundness::{AccuracyTargets, Planner, RiskTargets};
///
/// let plan = Planner::new(16, 40).plan()?;
/// assert_eq!((plan.parameters().copies(), plan.parameters().checks()), (9, 8));
/// // Blind tampering hardly ever succeeds; another server does, in 4.5% of the queries.
/// assert!(plan.any_server().per_query().value() > 0.044);
///
/// let risk = RiskTargets::NONE.per_query("1%".parse()?);
/// let plan = Planner::new(16, 20).risk(risk).plan()?;
/// assert_eq!((plan.parameters().copies(), plan.parameters().checks()), (5, 47));
///
/// let accuracy = AccuracyTargets::new("0.98".parse()?, "0.9".parse()?, 20, 20)?;
/// let plan = Planner::new(16, 40).accuracy(accuracy).plan()?;
/// assert!(plan.parameters().checks() >= 689);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Planner {
    queries: usize,
    demands: Demands,
    slack: usize,
    accuracy: Option<AccuracyTargets>,
    available: usize,
    cost: CostModel,
}

impl Planner {
    /// For R `queries` and a `soundness` in bits: no risk targets, slack 0, no accuracy targets, as
    /// many checks as needed, every execution costs the same.
    pub const fn new(queries: usize, soundness: u32) -> Self {
        Self {
            queries,
            demands: Demands::new(soundness),
            slack: 0,
            accuracy: None,
            available: MAX_SLOTS,
            cost: CostModel::EXECUTIONS,
        }
    }

    /// The soundness asked for, in bits.
    #[must_use]
    pub const fn soundness(&self) -> u32 {
        self.demands.soundness
    }

    /// What is asked of the batch, but for accuracy.
    #[must_use]
    pub const fn demands(&self) -> Demands {
        self.demands
    }

    /// The accuracy targets, if there are any.
    #[must_use]
    pub const fn targets(&self) -> Option<&AccuracyTargets> {
        self.accuracy.as_ref()
    }

    /// And no server, whatever it does, gets more accepted than this.
    pub const fn risk(mut self, targets: RiskTargets) -> Self {
        self.demands.risk = targets;
        self
    }

    /// With this slack; accuracy targets may need more.
    pub const fn slack(mut self, slack: usize) -> Self {
        self.slack = slack;
        self
    }

    /// The checks must also tell these accuracies apart. The slack is then part of the answer.
    pub const fn accuracy(mut self, targets: AccuracyTargets) -> Self {
        self.accuracy = Some(targets);
        self
    }

    /// There are no more than so many checks.
    pub const fn available_checks(mut self, checks: usize) -> Self {
        self.available = checks;
        self
    }

    /// What is to be cheap.
    pub const fn cost(mut self, cost: CostModel) -> Self {
        self.cost = cost;
        self
    }

    /// The cheapest batch.
    ///
    /// For each number of copies the fewest checks are found by binary search (the bounds fall
    /// with both), for accuracy targets along the least slack that goes with them. Numbers of
    /// copies are tried in the order of a lower bound on their cost, until that is more than the
    /// best cost found.
    ///
    /// # Errors
    ///
    /// [`PlanError`] says what stands in the way and what to change.
    pub fn plan(&self) -> Result<Plan, PlanError> {
        if self.queries == 0 {
            return Err(ParameterError::NoQueries.into());
        }
        if self.queries >= MAX_SLOTS {
            return Err(ParameterError::TooManySlots.into());
        }
        let Demands { soundness, risk } = self.demands;
        if soundness > MAX_SOUNDNESS {
            return Err(PlanError::TooMuchSoundness { soundness });
        }
        let (checks, slack) = self.for_accuracy()?;
        if risk.session().is_some() && slack > 0 {
            return Err(PlanError::SessionWithSlack { slack });
        }
        if let Some(targets) = self.accuracy.filter(|targets| targets.rule_out(&risk)) {
            return Err(PlanError::RiskBelowErrors { targets, risk });
        }
        if checks.max(slack) > self.available {
            let needed = checks.max(slack);
            return Err(PlanError::TooFewChecks { needed, available: self.available });
        }
        let Some(parameters) = self.search(checks, slack) else {
            let unlimited = Self { available: MAX_SLOTS, ..*self };
            let least = (self.available < MAX_SLOTS).then(|| unlimited.search(checks, slack));
            return Err(match least.flatten() {
                Some(plan) => {
                    PlanError::TooFewChecks { needed: plan.checks(), available: self.available }
                }
                None if risk.is_empty() => {
                    PlanError::OutOfReach { queries: self.queries, soundness }
                }
                None => PlanError::RiskOutOfReach { queries: self.queries, demands: self.demands },
            });
        };
        Ok(Plan {
            parameters,
            survival: Survival::of(parameters),
            any_server: AnyServer::of(parameters),
            accuracy: self
                .accuracy
                .map(|targets| targets.test(parameters.checks(), parameters.slack())),
            cost: self.cost.of(parameters),
        })
    }

    /// The fewest checks and the least slack that accuracy demands.
    fn for_accuracy(&self) -> Result<(usize, usize), PlanError> {
        let Some(targets) = self.accuracy else { return Ok((self.slack, self.slack)) };
        targets
            .least(self.slack, MAX_SLOTS, |_, least| Some(least))
            .ok_or(PlanError::AccuracyOutOfReach { targets })
    }

    fn search(&self, checks: usize, slack: usize) -> Option<Parameters> {
        let mut best = self.without_more_checks(checks, slack);
        let Demands { risk, .. } = self.demands;
        let checks = checks.max(risk.least_checks(self.queries, slack)?);
        let slots = risk.least_slots(self.queries, slack);
        let mut waiting: Vec<(u64, usize)> = Vec::new();
        // With fewer copies than this, all the checks there are do not do.
        let available = self.available.min(MAX_SLOTS);
        let enough = |copies| plausible((self.queries, copies, available, slack), &self.demands);
        let mut next = first(1, MAX_SLOTS / self.queries, enough)?;
        if available < MAX_SLOTS / 2 {
            // Nor with fewer than this.
            let batch = (self.queries, available, slack);
            next = next.max(least_copies(batch, &self.demands, MAX_SLOTS)?);
        } else {
            // Checks in the place of copies only lower the risks: if this does not do, nothing does.
            let most = MAX_SLOTS - self.queries * next;
            let safest = Parameters::new(self.queries, next, most, slack).ok()?;
            risk.are_met_by(safest).then_some(())?;
        }
        loop {
            // All numbers of copies that may be the cheapest are to be among those waiting. What is
            // still to come has more copies than those, though not than the best.
            let nearest = waiting.iter().copied().min();
            let bound = nearest.into_iter().chain(best.map(|best| (best.cost, best.copies))).min();
            let floor = (self.floor(next, checks, slots), next);
            if next <= MAX_SLOTS / self.queries && bound.is_none_or(|bound| floor < bound) {
                let batch = (self.queries, next, slack);
                let least = least_plausible_checks(batch, &self.demands, checks, self.available);
                if let Some(least) = least {
                    let copies = self.cost.copies(self.queries, next);
                    waiting.push((copies + self.cost.checks(least), next));
                }
                next += 1;
                continue;
            }
            let Some(nearest) = nearest else { break };
            waiting.retain(|other| *other != nearest);
            if best.is_some_and(|best| nearest > (best.cost, best.copies)) {
                break;
            }
            let found = self.with_copies(nearest.1, checks, slack, best);
            best = found.into_iter().chain(best).min();
        }
        let best = best?;
        Parameters::new(self.queries, best.copies, best.checks, best.slack).ok()
    }

    /// At most the cost of a batch with so many copies or more, so many checks or more, and so
    /// many executions or more: what is still to come costs at least what the cheaper kind does.
    fn floor(&self, copies: usize, checks: usize, slots: usize) -> u64 {
        let rest = slots.saturating_sub(self.queries.saturating_mul(copies).saturating_add(checks));
        let least = self.cost.per_copy.min(self.cost.per_check);
        let these = self.cost.copies(self.queries, copies) + self.cost.checks(checks);
        these + u64::from(least.get()) * rest as u64
    }

    /// The copies that do with no more checks than accuracy demands: a start that leaves little
    /// to search for.
    fn without_more_checks(&self, checks: usize, slack: usize) -> Option<Candidate> {
        self.accuracy?;
        let copies = least_copies((self.queries, checks, slack), &self.demands, MAX_SLOTS)?;
        Some(self.candidate(copies, checks, slack))
    }

    /// The fewest checks for this number of copies, unless the batch is dearer than the best.
    fn with_copies(
        &self,
        copies: usize,
        checks: usize,
        slack: usize,
        best: Option<Candidate>,
    ) -> Option<Candidate> {
        let room = best.map_or(u64::MAX, |best| best.cost);
        let room = room.checked_sub(self.cost.copies(self.queries, copies))?;
        let room = usize::try_from(room / u64::from(self.cost.per_check.get()));
        let most = room.unwrap_or(usize::MAX).min(self.available);
        let sound =
            |slack, least| least_checks((self.queries, copies, slack), &self.demands, least, most);
        let (checks, slack) = match self.accuracy {
            None => (sound(slack, checks)?, slack),
            Some(targets) => targets.least(slack, most, sound)?,
        };
        Some(self.candidate(copies, checks, slack))
    }

    fn candidate(&self, copies: usize, checks: usize, slack: usize) -> Candidate {
        let cost = self.cost.copies(self.queries, copies) + self.cost.checks(checks);
        Candidate { cost, copies, checks, slack }
    }
}

/// In the order of preference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    cost: u64,
    copies: usize,
    checks: usize,
    slack: usize,
}

/// The cheapest batch and what it guarantees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    parameters: Parameters,
    survival: Survival,
    any_server: AnyServer,
    accuracy: Option<AccuracyTest>,
    cost: u64,
}

impl Plan {
    /// R, B, T and slack.
    #[must_use]
    pub const fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// Guarantee E.
    #[must_use]
    pub const fn survival(&self) -> Survival {
        self.survival
    }

    /// What any server gets accepted at most.
    #[must_use]
    pub const fn any_server(&self) -> AnyServer {
        self.any_server
    }

    /// Guarantee A, if it was asked for.
    #[must_use]
    pub const fn accuracy(&self) -> Option<AccuracyTest> {
        self.accuracy
    }

    /// In the unit of the [`CostModel`].
    #[must_use]
    pub const fn cost(&self) -> u64 {
        self.cost
    }
}

#[cfg(test)]
#[path = "planner_tests.rs"]
mod tests;
