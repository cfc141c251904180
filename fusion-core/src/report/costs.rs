//! What a run cost one party, phase by phase.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::protocol::{Phase, Stage};

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

fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..10_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}
