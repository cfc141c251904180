use fusion_soundness::{Ratio, RiskTargets};
use serde::{Deserialize, Serialize, Serializer};

/// What the author of a protocol states about its security: the struct half of
/// `#[fusion::harden]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no security parameters",
    label = "no security parameters known for `{Self}`",
    note = "put `#[fusion::harden(soundness = 40, privacy = .., executions = ..)]` on the struct"
)]
pub trait Declared {
    /// The stated parameters.
    const DECLARATION: Declaration;
}

/// Security parameters as stated on the struct.
///
/// ```
/// use fusion_core::{Declaration, Executions, Privacy};
///
/// const D: Declaration = Declaration::new(40)
///     .query_risk(5, 100)
///     .batch(16, 9, 8, 0)
///     .privacy(Privacy::Malicious)
///     .executions(Executions::Isolated);
/// assert!(D.brings_guarantee_e());
/// assert_eq!(D.risk.to_string(), "5% per query");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Declaration {
    /// A cheating execution survives with probability at most 2^-`soundness`.
    pub soundness: u32,
    /// How often any server, whatever it does, may get a wrong answer accepted; in words where a
    /// report is stored.
    #[serde(serialize_with = "in_words")]
    pub risk: RiskTargets,
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
    /// Whether executions of the base protocol are isolated from each other.
    pub executions: Executions,
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
            risk: RiskTargets::NONE,
            queries: None,
            copies: None,
            checks: None,
            slack: 0,
            privacy: Privacy::Unstated,
            executions: Executions::Unstated,
            assumes: "",
        }
    }

    /// Any server gets a given query answered wrongly, and accepted, with at most this probability.
    ///
    /// # Panics
    ///
    /// Unless the fraction is above 0 and below 1 and has at most nine digits above and below the line:
    /// while compiling, in a constant. The same goes for `batch_risk` and `session_risk`.
    #[must_use]
    pub const fn query_risk(mut self, numerator: u64, denominator: u64) -> Self {
        self.risk = self.risk.per_query(risk(numerator, denominator));
        self
    }

    /// Any server gets some query of a batch answered wrongly, and accepted, with at most this
    /// probability.
    ///
    /// # Panics
    ///
    /// As [`query_risk`](Self::query_risk).
    #[must_use]
    pub const fn batch_risk(mut self, numerator: u64, denominator: u64) -> Self {
        self.risk = self.risk.per_batch(risk(numerator, denominator));
        self
    }

    /// Any server ever gets some query answered wrongly, and accepted, in all batches of a session,
    /// with at most this probability.
    ///
    /// # Panics
    ///
    /// As [`query_risk`](Self::query_risk).
    #[must_use]
    pub const fn session_risk(mut self, numerator: u64, denominator: u64) -> Self {
        self.risk = self.risk.per_session(risk(numerator, denominator));
        self
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

    /// States whether executions are isolated from each other.
    #[must_use]
    pub const fn executions(mut self, executions: Executions) -> Self {
        self.executions = executions;
        self
    }

    /// Whether the preconditions of guarantee E are stated: privacy against a server that deviates,
    /// and isolated executions. Without both, no number of copies helps.
    #[must_use]
    pub const fn brings_guarantee_e(&self) -> bool {
        matches!(self.privacy, Privacy::Malicious)
            && matches!(self.executions, Executions::Isolated)
    }

    /// States what the protocol's security rests on besides the two parties.
    #[must_use]
    pub const fn assumes(mut self, assumption: &'static str) -> Self {
        self.assumes = assumption;
        self
    }
}

#[expect(clippy::panic, reason = "evaluated at compile time: a mistake is a compile error")]
const fn risk(numerator: u64, denominator: u64) -> Ratio {
    match Ratio::new(numerator, denominator) {
        Some(ratio) if numerator > 0 && numerator < denominator => ratio,
        _ => panic!("a risk is a fraction above 0 and below 1, of at most nine digits each"),
    }
}

fn in_words<S: Serializer>(risk: &RiskTargets, serializer: S) -> Result<S::Ok, S::Error> {
    if risk.is_empty() { serializer.serialize_none() } else { serializer.collect_str(risk) }
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

/// Whether a server can make the answer of one execution depend on the input of another:
/// precondition 2 of the guarantees (docs/security.md, "Isolation"). Fusion repeats the statement; it
/// cannot check it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Executions {
    /// For every server and every set of slots, what the server sees and what comes out of these
    /// slots depends on nothing that other slots hold: fresh keys, labels or pads for each execution.
    Isolated,
    /// A server may compute on the hidden inputs of several executions together (one key for all,
    /// several in one ciphertext). It can then find the copies without seeing them.
    Linked,
    /// The author did not say.
    Unstated,
}

impl Executions {
    /// The sentence that goes into the report.
    #[must_use]
    pub const fn statement(self) -> &'static str {
        match self {
            Self::Isolated => {
                "isolated: no answer depends on another execution's input, whatever the server does \
                 (stated by the protocol)"
            }
            Self::Linked => {
                "LINKED: a server can compute on several inputs together (stated by the protocol)"
            }
            Self::Unstated => {
                "NOT STATED whether isolated; do not rely on it (harden(executions = ..) states it)"
            }
        }
    }
}
