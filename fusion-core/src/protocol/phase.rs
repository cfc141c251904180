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

/// A step of the base protocol in which both parties exchange messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// When it runs.
    pub stage: Stage,
    /// The client's function.
    pub client: &'static str,
    /// The server's function.
    pub server: &'static str,
    /// Whether one call handles all slots, so that rounds are paid once.
    pub batch: bool,
}

impl Phase {
    /// A phase that runs slot by slot (once in all, in [`Stage::Setup`]).
    #[must_use]
    pub const fn new(stage: Stage, client: &'static str, server: &'static str) -> Self {
        Self { stage, client, server, batch: false }
    }

    /// The same phase, called once for all slots.
    #[must_use]
    pub const fn batched(mut self) -> Self {
        self.batch = true;
        self
    }

    /// Whether the driver calls the phase once rather than once per slot.
    #[must_use]
    pub const fn runs_once(&self) -> bool {
        self.batch || matches!(self.stage, Stage::Setup)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} phase ({} / {})", self.stage, self.client, self.server)
    }
}
