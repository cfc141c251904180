use std::fmt;

use serde::{Deserialize, Serialize};

/// When a phase runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Once per connection.
    Setup,
    /// Before the inputs are there.
    Offline,
    /// With the inputs.
    Online,
}

impl Stage {
    /// The word that users write: `setup`, `offline` or `online`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Offline => "offline",
            Self::Online => "online",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A step of one party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When it runs.
    pub stage: Stage,
    /// The function.
    pub name: &'static str,
    /// Whether one call handles all slots, so that rounds are paid once.
    pub batch: bool,
    /// Whether the party exchanges no message in it. The other party does not know of it.
    pub local: bool,
}

impl Step {
    /// A step that runs slot by slot (once in all, in [`Stage::Setup`]).
    #[must_use]
    pub const fn new(stage: Stage, name: &'static str) -> Self {
        Self { stage, name, batch: false, local: false }
    }

    /// The same step, called once for all slots.
    #[must_use]
    pub const fn batched(mut self) -> Self {
        self.batch = true;
        self
    }

    /// The same step, without messages.
    #[must_use]
    pub const fn local(mut self) -> Self {
        self.local = true;
        self
    }

    /// Whether the driver calls the step once rather than once per slot.
    #[must_use]
    pub const fn runs_once(&self) -> bool {
        self.batch || matches!(self.stage, Stage::Setup)
    }
}

/// A step in which both parties exchange messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// When it runs.
    pub stage: Stage,
    /// The client's function; of a local step, the only one.
    pub client: &'static str,
    /// The server's function; empty for a local step.
    pub server: &'static str,
    /// Whether one call handles all slots, so that rounds are paid once.
    pub batch: bool,
    /// Whether several slots are under way at once.
    pub lanes: bool,
}

impl Phase {
    /// A phase that runs slot by slot (once in all, in [`Stage::Setup`]).
    #[must_use]
    pub const fn new(stage: Stage, client: &'static str, server: &'static str) -> Self {
        Self { stage, client, server, batch: false, lanes: false }
    }

    pub(super) const fn of(client: Step, server: Step) -> Self {
        let phase = Self::new(client.stage, client.name, server.name);
        if client.batch { phase.batched() } else { phase }
    }

    /// A local step, as reports and errors name it.
    pub(crate) const fn alone(step: Step) -> Self {
        let phase = Self::new(step.stage, step.name, "");
        if step.batch { phase.batched() } else { phase }
    }

    /// The same phase, called once for all slots.
    #[must_use]
    pub const fn batched(mut self) -> Self {
        self.batch = true;
        self
    }

    /// The same phase, with several slots under way at once.
    #[must_use]
    pub const fn in_lanes(mut self) -> Self {
        self.lanes = true;
        self
    }

    /// Whether the driver calls the phase once rather than once per slot.
    #[must_use]
    pub const fn runs_once(&self) -> bool {
        self.batch || matches!(self.stage, Stage::Setup)
    }

    /// One name for both functions.
    pub(crate) const fn name(&self) -> &'static str {
        self.client
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.client, self.server) {
            (name, "") => write!(f, "{} step ({name}, local)", self.stage),
            (client, server) => write!(f, "{} phase ({client} / {server})", self.stage),
        }
    }
}
