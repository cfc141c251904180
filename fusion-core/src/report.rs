//! What a run guarantees, what it does not, and what it cost: as a value and as text.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{
    policy::Policy,
    protocol::{Declaration, Phase, Privacy, Stage},
    soundness::{AccuracyTargets, Parameters, Survival, ToleratedError},
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

/// How the checks were answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CheckTally {
    /// Answered as expected.
    pub right: usize,
    /// T.
    pub total: usize,
    /// How many of them have a label; the others have the right model's own answer.
    pub labelled: usize,
    /// How many may be wrong.
    pub slack: usize,
}

impl CheckTally {
    /// Answered otherwise.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.total.saturating_sub(self.right)
    }

    /// Whether the slack forgives what is wrong.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.wrong() <= self.slack
    }

    /// The probability that a server passes which answers each check rightly with probability
    /// `accuracy`: the binomial tail, in floating point, for display only.
    #[must_use]
    pub fn pass_probability(&self, accuracy: f64) -> f64 {
        let wrong = 1.0 - accuracy;
        let mut choose = 1.0;
        let mut sum = 0.0;
        for errors in 0..=self.slack.min(self.total) {
            let right = self.total - errors;
            sum += choose * wrong.powf(errors as f64) * accuracy.powf(right as f64);
            choose *= right as f64 / (errors as f64 + 1.0);
        }
        sum
    }
}

/// Guarantee A: how well the checks tell a good model from a bad one. Both numbers in bits, rounded
/// down.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GuaranteeA {
    /// The accuracy that the server claims.
    pub claimed: String,
    /// The accuracy that will not do.
    pub unacceptable: String,
    /// An honest server of the claimed accuracy is rejected with probability at most 2^-this;
    /// infinite if it never is.
    pub false_reject: f64,
    /// A server of the unacceptable accuracy is accepted with probability at most 2^-this.
    pub false_accept: f64,
}

impl GuaranteeA {
    fn of(targets: &AccuracyTargets, parameters: Parameters) -> Self {
        let test = targets.test(parameters.checks(), parameters.slack());
        Self {
            claimed: targets.claimed().to_string(),
            unacceptable: targets.unacceptable().to_string(),
            false_reject: test.false_reject_bits(),
            false_accept: test.false_accept_bits(),
        }
    }
}

impl fmt::Display for GuaranteeA {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { claimed, unacceptable, false_reject, false_accept } = self;
        if false_reject.is_finite() {
            let bits = floor2(*false_reject);
            write!(
                f,
                "a server of accuracy {claimed} is rejected with probability at most 2^-{bits:.2},"
            )?;
        } else {
            write!(f, "a server of accuracy {claimed} is never rejected,")?;
        }
        write!(
            f,
            "\n               one of accuracy {unacceptable} accepted with at most 2^-{:.2};",
            floor2(*false_accept)
        )
    }
}

/// What a server gets accepted whose errors depend on the input: it runs a second model, and copies
/// agree on what that says. Rounded up.
///
/// This needs queries and checks from one distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tolerated {
    /// The expected part of the queries that is answered wrongly and accepted, for the best second
    /// model.
    pub rate: f64,
    /// The part of the inputs on which that model is wrong.
    pub wrong_fraction: f64,
    /// The same part for any server whatsoever, whatever it does in which slots.
    pub any_server: f64,
}

impl Tolerated {
    fn of(parameters: Parameters) -> Self {
        let tolerated = ToleratedError::of(parameters);
        Self {
            rate: tolerated.rate(),
            wrong_fraction: tolerated.wrong_fraction(),
            any_server: tolerated.rate_of_any_server(),
        }
    }
}

impl fmt::Display for Tolerated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a second model, wrong on {} of such inputs, gets wrong answers accepted for\n\
             \x20              {} of the queries on average; no server for more than {}",
            percent(self.wrong_fraction),
            percent(self.rate),
            percent(self.any_server)
        )
    }
}

impl fmt::Display for CheckTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { right, total, labelled, slack } = self;
        write!(f, "{right} of {total} checks right ({labelled} of them labelled, slack {slack})")
    }
}

/// What a run cost one party, phase by phase.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Costs {
    /// The handshake, then the phases in order.
    pub phases: Vec<PhaseCost>,
}

/// What one phase cost one party.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseCost {
    /// The phase's name.
    pub name: String,
    /// Its stage; `None` for the handshake.
    pub stage: Option<Stage>,
    /// Bytes sent, with all framing.
    pub sent: u64,
    /// Bytes received, with all framing.
    pub received: u64,
    /// How often this party waited for the peer after it had sent, or from the start; of a phase in
    /// lanes, how often the lane did that waited most.
    pub rounds: u64,
    /// Wall time.
    pub time: Duration,
    /// The parts that `#[fusion::phase]` marks, by name.
    pub inner: Vec<InnerCost>,
}

/// What the parts of a phase with one name cost one party, over all slots.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InnerCost {
    /// Their name.
    pub name: String,
    /// Bytes sent, with all framing.
    pub sent: u64,
    /// Bytes received, with all framing.
    pub received: u64,
    /// How often this party waited for the peer after it had sent.
    pub rounds: u64,
    /// Wall time.
    pub time: Duration,
}

impl InnerCost {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), sent: 0, received: 0, rounds: 0, time: Duration::ZERO }
    }
}

impl PhaseCost {
    pub(crate) fn new(phase: Option<&Phase>) -> Self {
        Self {
            name: phase.map_or_else(|| "handshake".into(), |phase| phase.name().into()),
            stage: phase.map(|phase| phase.stage),
            sent: 0,
            received: 0,
            rounds: 0,
            time: Duration::ZERO,
            inner: Vec::new(),
        }
    }
}

impl Costs {
    /// Everything together.
    #[must_use]
    pub fn total(&self) -> PhaseCost {
        let mut total = PhaseCost { name: "total".into(), ..PhaseCost::new(None) };
        for phase in &self.phases {
            total.sent += phase.sent;
            total.received += phase.received;
            total.rounds += phase.rounds;
            total.time += phase.time;
        }
        total
    }

    /// The costs of a stage, added up.
    #[must_use]
    pub fn of_stage(&self, stage: Stage) -> PhaseCost {
        let phases = self.phases.iter().filter(|phase| phase.stage == Some(stage)).cloned();
        PhaseCost { name: stage.name().into(), ..Self { phases: phases.collect() }.total() }
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {:<9} {:<22} {:>12} {:>12} {:>7} {:>12}",
            "stage", "phase", "sent", "received", "rounds", "time"
        )?;
        for phase in self.phases.iter().chain([&self.total()]) {
            row(
                f,
                phase.stage.map_or("", Stage::name),
                &phase.name,
                [phase.sent, phase.received, phase.rounds],
                phase.time,
            )?;
            for part in &phase.inner {
                let name = format!("- {}", part.name);
                row(f, "", &name, [part.sent, part.received, part.rounds], part.time)?;
            }
        }
        Ok(())
    }
}

fn row(
    f: &mut fmt::Formatter<'_>,
    stage: &str,
    name: &str,
    [sent, received, rounds]: [u64; 3],
    time: Duration,
) -> fmt::Result {
    let (sent, received, time) = (bytes(sent), bytes(received), time.as_secs_f64() * 1e3);
    writeln!(f, "  {stage:<9} {name:<22} {sent:>12} {received:>12} {rounds:>7} {time:>9.2} ms")
}

/// Two decimals, rounded down: a guarantee is never overstated.
fn floor2(value: f64) -> f64 {
    (value * 100.0).floor() / 100.0
}

/// Rounded up, to two digits that say something.
fn percent(value: f64) -> String {
    let percent = value * 100.0;
    let digits = if percent >= 10.0 {
        10.0
    } else if percent >= 0.1 {
        100.0
    } else {
        1e5
    };
    format!("{}%", (percent * digits).ceil() / digits)
}

fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..10_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pass_probability_is_the_binomial_tail() {
        let exact = CheckTally { right: 8, total: 8, labelled: 0, slack: 0 };
        assert!((exact.pass_probability(0.9) - 0.9_f64.powi(8)).abs() < 1e-12);
        let slack = CheckTally { right: 3, total: 3, labelled: 0, slack: 1 };
        assert!((slack.pass_probability(0.5) - 0.5).abs() < 1e-12);
        assert!((slack.pass_probability(1.0) - 1.0).abs() < 1e-12);
        let all = CheckTally { right: 0, total: 3, labelled: 0, slack: 3 };
        assert!((all.pass_probability(0.25) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn guarantees_are_rounded_down() {
        assert_eq!(floor2(40.129), 40.12);
        assert_eq!(format!("{:.2}", floor2(42.999)), "42.99");
    }
}
