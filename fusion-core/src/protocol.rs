//! The contract between a base protocol and the drivers.
//!
//! `#[fusion::harden]` on a struct implements [`Declared`], on an `impl` block it implements
//! [`ClientSide`], [`ServerSide`] and [`SemiHonest`]; all can be written by hand. An
//! implementation only *describes* the protocol: which steps there are and how to call them for
//! one slot (or, for a batched phase, for all of them). Mixing, hashing and verifying happen in
//! [`Client`](crate::Client) and [`Server`](crate::Server), never in an implementation.

mod declaration;
mod pair;
mod phase;
mod run;
mod sides;
mod state;

pub use declaration::{Declaration, Declared, Executions, Privacy};
pub use pair::{MAX_PHASES, Pair};
pub use phase::{Phase, Stage, Step};
pub use run::{Batch, ClientRun, Left, Outputs, PhaseError, ServerRun};
pub use sides::{ClientSide, ServerSide};
pub use state::{Column, Kept, StateError};

use crate::verify::Agreement;

/// A two-party inference protocol that is safe while the server follows the rules.
///
/// The method is mix-and-check (NDSS 2023, arXiv 2205.03040). It adds *correctness* against a
/// malicious server. It cannot add privacy, so an implementation must bring these:
///
/// 1. **Client privacy against a malicious server.** The server's view of an execution does not
///    depend on the sample in it, even when the server deviates. That includes how a run ends: no
///    error of the client's may depend on an input. Stated in [`Declaration::privacy`].
/// 2. **Isolation.** Nothing that a server can do makes the answers of a set of executions depend on
///    what others hold. Stated in [`Declaration::executions`]. Both are repeated in every report, and
///    without both there is no guarantee E.
/// 3. **Determinism.** The same input and model give the same answer in every execution, bit for
///    bit or within [`SemiHonest::Agreement`].
/// 4. **Independent executions.** Randomness is fresh for each execution, also where a party keeps
///    state in fields.
///
/// # Writing it by hand
///
/// [`ClientSide`] and [`ServerSide`] list the steps of each party, in the order in which it runs
/// them, and call them. See `tests/by_hand.rs` for a complete implementation next to a generated
/// one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hardened protocol: its phases are not known",
    label = "no phases known for `{Self}`",
    note = "put `#[fusion::harden]` on the `impl` block that holds the phases, and mark them with `#[fusion::client(..)]` and `#[fusion::server(..)]`"
)]
pub trait SemiHonest: Declared + ClientSide + ServerSide + Sized {
    /// The protocol's name: part of the handshake and of every transcript.
    const NAME: &'static str;

    /// The version of the protocol's messages: part of the handshake and of every transcript.
    const VERSION: u32 = 1;

    /// The phases: the steps of both parties in which they talk to each other, paired up. An
    /// error at compile time if they do not pair up.
    const PHASES: &'static [Phase] = Pair::<Self, Self>::PHASES;

    /// When two answers to the same query count as the same.
    type Agreement: Agreement<Self::Output> + Default;
}
