//! What is asked of a batch: bits against blind tampering, and risks against any server.

use std::fmt;

use crate::{
    AnyServer, MAX_SLOTS, Parameters, Probability, Ratio, Survival,
    any_server::{per_batch_is_at_most, per_query_is_at_most},
    draw::Draw,
    interval::Interval,
    search::first,
    tails::Trials,
};

/// What a user accepts of any server, whatever it does; each number is a probability.
///
/// - *per query*: a given query is answered wrongly and its batch accepted ([`AnyServer`]);
/// - *per batch*: a batch is accepted with any wrong answer in it;
/// - *per session*: any wrong answer is ever accepted, in all batches together, by a client that
///   takes fresh checks for each batch and leaves at the first rejection. That is R / (R + T) at
///   slack 0. With slack there is no such bound: a server may do in every batch what is forgiven.
///
/// ```
/// use fusion_soundness::{Parameters, RiskTargets};
///
/// let risk = RiskTargets::NONE.per_query("1%".parse()?).per_session("1%".parse()?);
/// assert!(risk.are_met_by(Parameters::new(16, 3, 1584, 0)?));
/// assert!(!risk.are_met_by(Parameters::new(16, 3, 1583, 0)?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RiskTargets {
    query: Option<Ratio>,
    batch: Option<Ratio>,
    session: Option<Ratio>,
}

impl RiskTargets {
    /// Nothing is asked.
    pub const NONE: Self = Self { query: None, batch: None, session: None };

    /// At most this for each query.
    #[must_use]
    pub const fn per_query(mut self, risk: Ratio) -> Self {
        self.query = Some(risk);
        self
    }

    /// At most this for all queries of a batch.
    #[must_use]
    pub const fn per_batch(mut self, risk: Ratio) -> Self {
        self.batch = Some(risk);
        self
    }

    /// At most this for all batches of a session.
    #[must_use]
    pub const fn per_session(mut self, risk: Ratio) -> Self {
        self.session = Some(risk);
        self
    }

    /// What is asked per query.
    #[must_use]
    pub const fn query(&self) -> Option<Ratio> {
        self.query
    }

    /// What is asked per batch.
    #[must_use]
    pub const fn batch(&self) -> Option<Ratio> {
        self.batch
    }

    /// What is asked per session.
    #[must_use]
    pub const fn session(&self) -> Option<Ratio> {
        self.session
    }

    /// Whether nothing is asked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.query.is_none() && self.batch.is_none() && self.session.is_none()
    }

    /// Whether a batch does all that is asked. Never wrongly `true`.
    #[must_use]
    pub fn are_met_by(&self, parameters: Parameters) -> bool {
        self.session.is_none_or(|risk| meets_session(parameters, risk))
            && self.query.is_none_or(|risk| per_query_is_at_most(parameters, risk))
            && self.batch.is_none_or(|risk| per_batch_is_at_most(parameters, risk))
    }

    /// Whether who gets this gets all that `other` asks: each of its targets is here, and not
    /// larger.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let covers = |here: Option<Ratio>, asked: Option<Ratio>| {
            asked.is_none_or(|asked| here.is_some_and(|here| here <= asked))
        };
        covers(self.query, other.query)
            && covers(self.batch, other.batch)
            && covers(self.session, other.session)
    }

    /// Whether a batch passes what takes a few steps to ask: one server that must fail for each
    /// target. `false` rules the batch out; `true` promises nothing. Like the targets, this holds
    /// for more copies and checks if it holds for fewer, but for the second model, of which only
    /// the `false` counts.
    pub(crate) fn are_plausible(
        &self,
        (queries, copies, checks, slack): (usize, usize, usize, usize),
    ) -> bool {
        let slots = queries.saturating_mul(copies).saturating_add(checks);
        let target = |queries, risk: Option<Ratio>| {
            risk.is_none_or(|risk| {
                !few_tokens(slots, queries, slack).is_over(risk)
                    && !second_model(queries, checks, slack).is_over(risk)
            })
        };
        self.session.is_none_or(|risk| slack == 0 && session(queries, checks, risk))
            && target(1, self.query)
            && target(queries, self.batch)
    }

    /// No batch with fewer executions does.
    pub(crate) fn least_slots(&self, queries: usize, slack: usize) -> usize {
        let least = |queries: usize, risk: Option<Ratio>| {
            let Some(risk) = risk else { return 0 };
            let does = |slots| !few_tokens(slots, queries, slack).is_over(risk);
            first(queries + slack, MAX_SLOTS, does).unwrap_or(MAX_SLOTS)
        };
        least(1, self.query).max(least(queries, self.batch))
    }

    /// No batch with fewer checks does, however many copies it has; `None` if no number does.
    pub(crate) fn least_checks(&self, queries: usize, slack: usize) -> Option<usize> {
        let copies = MAX_SLOTS / queries.max(1);
        first(slack, MAX_SLOTS, |checks| self.are_plausible((queries, copies, checks, slack)))
    }
}

impl Default for RiskTargets {
    fn default() -> Self {
        Self::NONE
    }
}

/// `1% per query, 5% per batch`
impl fmt::Display for RiskTargets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let targets = [(self.query, "query"), (self.batch, "batch"), (self.session, "session")];
        let mut asked = targets.iter().filter_map(|(risk, per)| Some((risk.as_ref()?, per)));
        let Some((risk, per)) = asked.next() else { return f.write_str("no limit") };
        write!(f, "{} per {per}", risk.percent())?;
        asked.try_for_each(|(risk, per)| write!(f, ", {} per {per}", risk.percent()))
    }
}

/// R / (R + T) is at most `risk`, and nothing is forgiven.
pub(crate) fn meets_session(parameters: Parameters, risk: Ratio) -> bool {
    parameters.slack() == 0 && session(parameters.queries(), parameters.checks(), risk)
}

fn session(queries: usize, checks: usize, risk: Ratio) -> bool {
    let (queries, drawn) = (queries as u128, queries as u128 + checks as u128);
    queries * u128::from(risk.denominator()) <= drawn * u128::from(risk.numerator())
}

/// One bad token more than the slack forgives wins if a query has one: f(slack + 1) of
/// [`Draw`], whatever the number of checks.
fn few_tokens(slots: usize, queries: usize, slack: usize) -> Probability {
    let slots = slots.max(queries + slack);
    Draw { slots, queries, checks: slack, slack }.survives(slack + 1)
}

/// A second model that is wrong about as often as is best, and wins if just one query falls there:
/// on 1 / (T + R) of the inputs at slack 0, else so much less than (slack + 1) / (T + R) that it
/// is seldom rejected.
fn second_model(queries: usize, checks: usize, slack: usize) -> Probability {
    let less = slack.checked_ilog2().map_or(0, |log| (slack * (log as usize + 1) / 2).isqrt());
    let (fails, whole) = ((slack + 1 - less.min(slack)) as u64, (checks + queries) as u64);
    let passes = whole - fails;
    let accepted = Trials { count: checks, fails, passes }.at_most(slack).0;
    let spared = Interval::exact(passes).div(Interval::exact(whole)).pow(queries as u64 - 1);
    accepted.mul(spared).mul_div(fails, whole).mul_div(queries as u64, 1).probability()
}

/// What is asked of a batch: `soundness` in bits against blind tampering (guarantee E), and
/// `risk`s against any server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Demands {
    /// In bits.
    pub soundness: u32,
    /// What is accepted of any server.
    pub risk: RiskTargets,
}

impl Demands {
    /// This soundness, and nothing of other servers.
    #[must_use]
    pub const fn new(soundness: u32) -> Self {
        Self { soundness, risk: RiskTargets::NONE }
    }

    /// And these risks.
    #[must_use]
    pub const fn risk(mut self, risk: RiskTargets) -> Self {
        self.risk = risk;
        self
    }

    /// Whether a batch does all that is asked. Never wrongly `true`.
    #[must_use]
    pub fn are_met_by(&self, parameters: Parameters) -> bool {
        // The risks are the quicker question where there are very many copies.
        self.risk.are_met_by(parameters) && Survival::suffices(parameters, self.soundness)
    }
}

/// A demand that a batch does not meet, with what it has instead. Shown after "the batch ..".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missed {
    /// Blind tampering succeeds more often (guarantee E).
    Soundness {
        /// The bits asked for.
        asked: u32,
        /// What it is.
        survival: Survival,
    },
    /// Any server gets a given query wrong more often.
    PerQuery {
        /// The probability asked for.
        asked: Ratio,
        /// What it is.
        any_server: AnyServer,
    },
    /// Any server gets a query of a batch wrong more often.
    PerBatch {
        /// The probability asked for.
        asked: Ratio,
        /// What it is.
        any_server: AnyServer,
    },
    /// Any server gets an answer of the session wrong more often.
    PerSession {
        /// The probability asked for.
        asked: Ratio,
        /// The batch.
        parameters: Parameters,
    },
}

impl Missed {
    /// All demands that a batch misses.
    pub(crate) fn all(
        parameters: Parameters,
        demands: &Demands,
        survival: Survival,
        any_server: AnyServer,
    ) -> impl Iterator<Item = Self> {
        let Demands { soundness: asked, risk } = *demands;
        let blind = (!survival.is_at_most(asked)).then_some(Self::Soundness { asked, survival });
        let query = risk.query.filter(|&risk| !any_server.per_query_is_at_most(risk));
        let batch = risk.batch.filter(|&risk| !any_server.per_batch_is_at_most(risk));
        let session = risk.session.filter(|&risk| !meets_session(parameters, risk));
        blind
            .into_iter()
            .chain(query.map(|asked| Self::PerQuery { asked, any_server }))
            .chain(batch.map(|asked| Self::PerBatch { asked, any_server }))
            .chain(session.map(|asked| Self::PerSession { asked, parameters }))
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let up = |value: f64| (value * 100_000.0).ceil() / 1_000.0;
        let (value, asked, per) = match self {
            Self::Soundness { asked, survival } => {
                let bits = (survival.bits() * 100.0).floor() / 100.0;
                return write!(f, "gives {bits:.2} bits of soundness, not the {asked} asked for");
            }
            Self::PerSession { parameters, .. } if parameters.slack() > 0 => {
                return f.write_str(
                    "bounds no risk per session, because its slack forgives wrong checks in every \
                     batch",
                );
            }
            Self::PerQuery { asked, any_server } => {
                (any_server.per_query().value(), asked, "query")
            }
            Self::PerBatch { asked, any_server } => {
                (any_server.per_batch().value(), asked, "batch")
            }
            Self::PerSession { asked, parameters } => {
                let queries = parameters.queries() as f64;
                (queries / (queries + parameters.checks() as f64), asked, "session")
            }
        };
        let asked = asked.percent();
        write!(
            f,
            "lets the best server through {:.3}% per {per}, not the {asked} asked for",
            up(value)
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ratio(text: &str) -> Ratio {
        text.parse().unwrap()
    }

    fn batch(queries: usize, copies: usize, checks: usize, slack: usize) -> Parameters {
        Parameters::new(queries, copies, checks, slack).unwrap()
    }

    #[test]
    fn each_target_counts() {
        let p = batch(16, 2, 100, 0);
        let none = RiskTargets::NONE;
        assert!(none.is_empty() && none.are_met_by(p) && none == RiskTargets::default());
        // 1/132, 16/132, 16/116.
        assert!(none.per_query(Ratio::new(1, 132).unwrap()).are_met_by(p));
        assert!(!none.per_query(Ratio::new(1, 133).unwrap()).are_met_by(p));
        assert!(none.per_batch(Ratio::new(16, 132).unwrap()).are_met_by(p));
        assert!(!none.per_batch(Ratio::new(16, 133).unwrap()).are_met_by(p));
        assert!(none.per_session(Ratio::new(16, 116).unwrap()).are_met_by(p));
        assert!(!none.per_session(Ratio::new(16, 117).unwrap()).are_met_by(p));
        assert!(!none.per_session(Ratio::ONE).are_met_by(batch(16, 2, 100, 1)));
        assert!(!none.per_query(ratio("0")).are_met_by(p));
    }

    #[test]
    fn what_is_stricter_covers() {
        let none = RiskTargets::NONE;
        let (one, two) = (ratio("1%"), ratio("2%"));
        assert!(none.covers(&none) && none.per_query(one).covers(&none));
        assert!(none.per_query(one).covers(&none.per_query(two)));
        assert!(!none.per_query(two).covers(&none.per_query(one)));
        assert!(!none.per_query(one).covers(&none.per_batch(one)));
        assert!(!none.covers(&none.per_session(one)));
        assert_eq!(
            none.per_query(one).per_session(two).to_string(),
            "1% per query, 2% per session"
        );
    }

    proptest! {
        #[test]
        fn what_is_met_is_plausible(
            queries in 1..40usize, copies in 1..8usize, checks in 0..200usize, slack in 0..6usize,
            above in 0..60u64,
        ) {
            let slack = slack.min(checks);
            let p = batch(queries, copies, checks, slack);
            let risk = Ratio::new(above, 100).unwrap();
            let none = RiskTargets::NONE;
            for targets in [none.per_query(risk), none.per_batch(risk), none.per_session(risk)] {
                if targets.are_met_by(p) {
                    prop_assert!(targets.are_plausible((queries, copies, checks, slack)));
                    prop_assert!(targets.least_slots(queries, slack) <= p.slots());
                    prop_assert!(targets.least_checks(queries, slack).unwrap() <= checks);
                }
            }
        }
    }
}
