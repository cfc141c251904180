//! What a run guarantees, what it does not, and what it cost: as a value and as text.

mod costs;
mod guarantees;

use std::fmt;

pub use costs::{Costs, InnerCost, PhaseCost};
use guarantees::floor2;
pub use guarantees::{CheckTally, GuaranteeA, Tolerated};
use serde::Serialize;

use crate::{
    policy::Policy,
    protocol::{Declaration, Privacy},
    soundness::{Parameters, Survival},
};

/// What no run of Fusion covers.
pub const NOT_COVERED: [&str; 6] = [
    "a model that is wrong only on inputs unlike the checks (backdoors, distribution shift)",
    "a model that is wrong on few inputs, beyond what the line `tolerated` says",
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
    /// Guarantee E in bits, rounded down.
    pub guarantee_e: f64,
    /// How many slots the best attack makes wrong.
    pub worst_slots: usize,
    /// Guarantee A, if the policy has accuracy targets.
    pub guarantee_a: Option<GuaranteeA>,
    /// What a server gets accepted whose errors depend on the input.
    pub tolerated: Tolerated,
    /// How the checks were answered; `None` until the verdict.
    pub checks: Option<CheckTally>,
    /// Why the batch was rejected; `None` if it was accepted.
    pub rejection: Option<String>,
    /// The base protocol's client privacy, as its author states it.
    pub privacy: Privacy,
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
        let survival = Survival::of(parameters);
        Self {
            protocol: protocol.into(),
            version,
            parameters,
            soundness: policy.soundness(),
            guarantee_a: policy.targets().map(|targets| GuaranteeA::of(targets, parameters)),
            tolerated: Tolerated::of(parameters),
            guarantee_e: survival.bits(),
            worst_slots: survival.worst_slots(),
            checks: None,
            rejection: None,
            privacy: declaration.privacy,
            assumes: declaration.assumes.into(),
            agreement: agreement.into(),
            costs: Costs::default(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = self.parameters;
        writeln!(f, "Report on {} v{}", self.protocol, self.version)?;
        match &self.rejection {
            None => writeln!(f, "  verdict      accepted")?,
            Some(reason) => writeln!(f, "  verdict      REJECTED: {reason}")?,
        }
        writeln!(
            f,
            "  guarantee E  {:.2} bits ({} asked for): a server that makes slots wrong whatever is in\n\
             \x20              them gets a wrong answer accepted with probability at most 2^-{:.2} (best\n\
             \x20              attack: {} wrong slots)",
            floor2(self.guarantee_e),
            self.soundness,
            floor2(self.guarantee_e),
            self.worst_slots
        )?;
        match (&self.guarantee_a, self.checks) {
            (Some(guarantee), Some(tally)) => {
                writeln!(f, "  guarantee A  {guarantee}\n               {tally}")?;
            }
            (Some(guarantee), None) => writeln!(f, "  guarantee A  {guarantee}")?,
            (None, Some(tally)) => writeln!(
                f,
                "  guarantee A  no accuracy targets set; {tally}\n\
                 \x20              a model right on 90% of such inputs would pass with probability {:.2},\n\
                 \x20              on 50% with {:.1e}",
                tally.pass_probability(0.9),
                tally.pass_probability(0.5)
            )?,
            (None, None) => {}
        }
        writeln!(f, "  tolerated    {}", self.tolerated)?;
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
