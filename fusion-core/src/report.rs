//! What a run guarantees, what it does not, and what it cost: as a value and as text.

mod costs;
mod guarantees;
mod session;

use std::fmt;

pub use costs::{Costs, InnerCost, PhaseCost};
pub use guarantees::{AnyServerRisk, CheckTally, GuaranteeA, GuaranteeE, SecondModel};
use guarantees::{floor2, percent};
use serde::Serialize;
pub use session::{SessionReport, SessionRisk, SessionStanding};

use crate::{
    check::Pool,
    error::Rejection,
    policy::Policy,
    protocol::{Declaration, Executions, Privacy},
    session::Session,
    soundness::{AccuracyTargets, Parameters},
};

/// What no run of Fusion covers.
pub const NOT_COVERED: [&str; 6] = [
    "a model that is wrong only on inputs unlike the checks (backdoors, distribution shift)",
    "a model that is wrong on few inputs, beyond what the lines above say",
    "a malicious client",
    "denial of service: a server can always refuse or stall",
    "the verdict's one bit, if the client lets the server learn it: never retry the same queries \
     with the same server",
    "privacy beyond the base protocol's own: checks add correctness, never privacy",
];

/// The report on a batch.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The base protocol.
    pub protocol: String,
    /// Its version.
    pub version: u32,
    /// R, B, T and slack.
    pub parameters: Parameters,
    /// The soundness that was asked for, in bits.
    pub soundness: u32,
    /// What any server gets accepted. `None` without the preconditions.
    pub any_server: Option<AnyServerRisk>,
    /// The session so far; `None` until the verdict.
    pub session: Option<SessionReport>,
    /// What a server gets accepted that runs the protocol with another model.
    pub second_model: SecondModel,
    /// What a server gets accepted that tampers blindly. `None` without the preconditions.
    pub guarantee_e: Option<GuaranteeE>,
    /// Which precondition is missing, in words.
    pub missing: Option<String>,
    /// Guarantee A, if the policy has accuracy targets.
    pub guarantee_a: Option<GuaranteeA>,
    /// How the checks were answered; `None` until the verdict.
    pub checks: Option<CheckTally>,
    /// Why the batch was rejected; `None` if it was accepted.
    pub rejection: Option<String>,
    /// The base protocol's client privacy, as its author states it.
    pub privacy: Privacy,
    /// Whether its executions are isolated, as its author states it.
    pub executions: Executions,
    /// What the protocol rests on besides the two parties, as its author states it; empty if
    /// nothing.
    pub assumes: String,
    /// When two answers count as the same.
    pub agreement: String,
    /// What the client's side cost.
    pub costs: Costs,
}

impl Report {
    pub(crate) fn new(
        protocol: &str,
        version: u32,
        declaration: Declaration,
        agreement: &str,
        parameters: Parameters,
        policy: &Policy,
    ) -> Self {
        let missing = missing(&declaration);
        let holds = missing.is_none();
        let of_targets = |targets| GuaranteeA::of(targets, parameters.checks(), parameters.slack());
        Self {
            protocol: protocol.into(),
            version,
            parameters,
            soundness: policy.soundness(),
            any_server: holds.then(|| AnyServerRisk::of(parameters)),
            session: None,
            second_model: SecondModel::of(parameters),
            guarantee_e: holds.then(|| GuaranteeE::of(parameters)),
            missing,
            guarantee_a: policy.targets().map(of_targets),
            checks: None,
            rejection: None,
            privacy: declaration.privacy,
            executions: declaration.executions,
            assumes: declaration.assumes.into(),
            agreement: agreement.into(),
            costs: Costs::default(),
        }
    }

    /// Adds what the session says, with the checks of this batch in it. `distinct` of them differ.
    pub(crate) fn tell_session(
        &mut self,
        session: &Session,
        pool: Pool,
        distinct: Option<usize>,
        policy: &Policy,
    ) {
        let of = SessionReport::of(session, self.parameters, pool, distinct.is_some(), policy);
        self.session = Some(of);
        let checks = distinct.unwrap_or(self.parameters.checks());
        let targets = policy.targets();
        self.guarantee_a =
            targets.map(|targets| GuaranteeA::of(targets, checks, self.parameters.slack()));
    }

    /// That the test over the session rejects.
    pub(crate) fn session_accuracy(&self, targets: &AccuracyTargets) -> Rejection {
        let (right, total) =
            self.session.as_ref().map_or((0, 0), |session| (session.right, session.total));
        let (wrong, completeness) = (total.saturating_sub(right), targets.completeness());
        Rejection::SessionAccuracy { wrong, total, completeness }
    }
}

/// Which precondition of the guarantees the protocol's author does not state.
fn missing(declaration: &Declaration) -> Option<String> {
    let privacy = match declaration.privacy {
        Privacy::Malicious => None,
        Privacy::SemiHonest => Some(
            "the protocol hides inputs only from a server that follows the rules\n               \
             (privacy = semi_honest): one that deviates may see which slots are copies",
        ),
        Privacy::Public => {
            Some("the server sees the inputs (privacy = public), and so which slots are copies")
        }
        Privacy::Unstated => Some("the protocol does not say whether it hides inputs (privacy)"),
    };
    let executions = match declaration.executions {
        Executions::Isolated => None,
        Executions::Linked => Some(
            "executions are linked (executions = linked): a server can find the copies\n               \
             by computing on hidden inputs together, and spoil only those",
        ),
        Executions::Unstated => {
            Some("the protocol does not say whether executions are isolated (executions)")
        }
    };
    let reasons: Vec<&str> = privacy.into_iter().chain(executions).collect();
    (!reasons.is_empty()).then(|| reasons.join(";\n               "))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = self.parameters;
        writeln!(f, "Report on {} v{}", self.protocol, self.version)?;
        match &self.rejection {
            None => writeln!(f, "  verdict      accepted")?,
            Some(reason) => writeln!(f, "  verdict      REJECTED: {reason}")?,
        }
        self.risks(f)?;
        writeln!(
            f,
            "  executions   N = {} x {} + {} = {} for R = {} queries: overhead N/R = {:.2}",
            parameters.queries(),
            parameters.copies(),
            parameters.checks(),
            parameters.slots(),
            parameters.queries(),
            parameters.overhead()
        )?;
        writeln!(f, "  privacy      {}", self.privacy.statement())?;
        writeln!(f, "  isolation    {}", self.executions.statement())?;
        if !self.assumes.is_empty() {
            writeln!(f, "  assumes      {}", self.assumes)?;
        }
        writeln!(f, "  agreement    {}", self.agreement)?;
        writeln!(f, "  not covered")?;
        for line in NOT_COVERED {
            writeln!(f, "    - {line}")?;
        }
        write!(f, "{}", self.costs)
    }
}

impl Report {
    /// What an adopter asks first: how likely is it that I act on a wrong answer?
    fn risks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queries = self.parameters.queries();
        if let Some(any) = self.any_server {
            write!(
                f,
                "  any server   whatever it does, an answer is wrong and accepted with probability at most {}",
                percent(any.per_query)
            )?;
            match queries {
                1 => writeln!(f)?,
                _ => writeln!(
                    f,
                    ";\n               any of the {queries} with at most {} (if they are drawn \
                     independently, like the checks)",
                    percent(any.per_batch)
                )?,
            }
            if let Some(session) = &self.session {
                writeln!(f, "  session      {session}")?;
            }
        }
        writeln!(f, "  second model {}", self.second_model)?;
        match (&self.guarantee_e, &self.missing) {
            (Some(GuaranteeE { bits, worst_slots }), _) => writeln!(
                f,
                "  guarantee E  {:.2} bits ({} asked for): one that tampers blindly, whatever is in the slots,\n\
                 \x20              gets any wrong answer accepted with probability at most 2^-{:.2} (best\n\
                 \x20              attack: {worst_slots} wrong slots)",
                floor2(*bits),
                self.soundness,
                floor2(*bits),
            )?,
            (None, Some(missing)) => writeln!(
                f,
                "  guarantee E  NONE: {missing}.\n\
                 \x20              What still holds: the line `second model` and guarantee A, against a\n\
                 \x20              server that runs the protocol, with whatever model"
            )?,
            (None, None) => {}
        }
        self.checked(f)
    }

    fn checked(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.guarantee_a, self.checks) {
            (Some(guarantee), Some(tally)) => {
                write!(f, "  guarantee A  {guarantee}\n               {tally}")?;
            }
            (Some(guarantee), None) => write!(f, "  guarantee A  {guarantee}")?,
            (None, Some(tally)) => write!(
                f,
                "  guarantee A  no accuracy targets set; {tally};\n\
                 \x20              a model right on 90% of such inputs would pass with probability {:.1e},\n\
                 \x20              on 50% with {:.1e}",
                tally.pass_probability(0.9),
                tally.pass_probability(0.5)
            )?,
            (None, None) => return Ok(()),
        }
        if let Some(session) = &self.session {
            session.evidence(f)?;
        }
        writeln!(f)
    }
}
