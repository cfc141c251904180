use serde::{Deserialize, Serialize};

/// What the author of a protocol states about its security: the struct half of
/// `#[fusion::harden]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no security parameters",
    label = "no security parameters known for `{Self}`",
    note = "put `#[fusion::harden(soundness = 40)]` on the struct"
)]
pub trait Declared {
    /// The stated parameters.
    const DECLARATION: Declaration;
}

/// Security parameters as stated on the struct.
///
/// ```
/// use fusion_core::{Declaration, Privacy};
///
/// const D: Declaration = Declaration::new(40).batch(16, 9, 8, 0).privacy(Privacy::Malicious);
/// assert_eq!(D.soundness, 40);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Declaration {
    /// A cheating execution survives with probability at most 2^-`soundness`.
    pub soundness: u32,
    /// R, where the protocol fixes it.
    pub queries: Option<usize>,
    /// B, where the protocol fixes it.
    pub copies: Option<usize>,
    /// T, where the protocol fixes it.
    pub checks: Option<usize>,
    /// How many checks may fail; 0 unless stated.
    pub slack: usize,
    /// What the base protocol promises for the client's privacy.
    pub privacy: Privacy,
    /// What both statements rest on besides the two parties, for example an honest dealer; empty
    /// if nothing.
    pub assumes: &'static str,
}

impl Declaration {
    /// Only the soundness, in bits; queries, copies and checks are chosen at run time.
    #[must_use]
    pub const fn new(soundness: u32) -> Self {
        Self {
            soundness,
            queries: None,
            copies: None,
            checks: None,
            slack: 0,
            privacy: Privacy::Unstated,
            assumes: "",
        }
    }

    /// Fixes the batch: R queries, B copies of each, T checks of which `slack` may fail.
    #[must_use]
    pub const fn batch(
        mut self,
        queries: usize,
        copies: usize,
        checks: usize,
        slack: usize,
    ) -> Self {
        self.queries = Some(queries);
        self.copies = Some(copies);
        self.checks = Some(checks);
        self.slack = slack;
        self
    }

    /// States the privacy of the base protocol.
    #[must_use]
    pub const fn privacy(mut self, privacy: Privacy) -> Self {
        self.privacy = privacy;
        self
    }

    /// States what the protocol's security rests on besides the two parties.
    #[must_use]
    pub const fn assumes(mut self, assumption: &'static str) -> Self {
        self.assumes = assumption;
        self
    }
}

/// The base protocol's client privacy: precondition 1 of the guarantees. Fusion repeats the
/// statement; it cannot check it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Privacy {
    /// The server's view is independent of the input even when the server deviates.
    Malicious,
    /// The input is hidden only from a server that follows the rules. A deviating server may
    /// learn it, hardened or not.
    SemiHonest,
    /// The server sees the input.
    Public,
    /// The author did not say.
    Unstated,
}

impl Privacy {
    /// The sentence that goes into the report.
    #[must_use]
    pub const fn statement(self) -> &'static str {
        match self {
            Self::Malicious => "input hidden even from a deviating server (stated by the protocol)",
            Self::SemiHonest => {
                "input hidden ONLY from a server that follows the rules (stated by the protocol)"
            }
            Self::Public => "NONE: the server sees the input (stated by the protocol)",
            Self::Unstated => {
                "NOT STATED by the protocol; do not rely on it (harden(privacy = ..) states it)"
            }
        }
    }
}
