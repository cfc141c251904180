//! The contract between a base protocol and the drivers.
//!
//! `#[fusion::harden]` on a struct implements [`Declared`], on an `impl` block it implements
//! [`SemiHonest`]; both can be written by hand. An implementation only *describes* the protocol:
//! which phases there are and how to call them for one slot (or, for a batched phase, for all of
//! them). Mixing, hashing and verifying happen in [`Client`](crate::Client) and
//! [`Server`](crate::Server), never in an implementation.

mod declaration;
mod phase;
mod run;
mod state;

pub use declaration::{Declaration, Declared, Privacy};
pub use phase::{Phase, Stage};
pub use run::{Batch, ClientRun, Outputs, PhaseError, ServerRun};
pub use state::{Column, Kept, StateError};

use crate::verify::Agreement;

/// A two-party inference protocol that is safe while the server follows the rules.
///
/// The method is mix-and-check (NDSS 2023, arXiv 2205.03040). It adds *correctness* against a
/// malicious server. It cannot add privacy, so an implementation must bring these:
///
/// 1. **Client privacy against a malicious server.** The server's view of an execution does not
///    depend on the sample in it, even when the server deviates. Which of the two the protocol
///    has is stated in [`Declaration::privacy`] and repeated in every report.
/// 2. **Determinism.** The same input and model give the same answer in every execution, bit for
///    bit or within [`SemiHonest::Agreement`].
/// 3. **Independent executions.** Randomness is fresh for each execution.
///
/// # Writing it by hand
///
/// [`PHASES`](Self::PHASES) lists the steps in the order both parties run them. The driver calls
/// [`client_phase`](Self::client_phase) and [`server_phase`](Self::server_phase) with an index
/// into it: once per slot, or once in all for a phase that is marked `batch` or belongs to
/// [`Stage::Setup`]. See `tests/by_hand.rs` for a complete implementation next to a generated one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hardened protocol: its phases are not known",
    label = "no phases known for `{Self}`",
    note = "put `#[fusion::harden]` on the `impl` block that holds the phases, and mark them with `#[fusion::client(..)]` and `#[fusion::server(..)]`"
)]
pub trait SemiHonest: Declared + Sized {
    /// The protocol's name: part of the handshake and of every transcript.
    const NAME: &'static str;

    /// The version of the protocol's messages: part of the handshake and of every transcript.
    const VERSION: u32 = 1;

    /// The steps, in the order in which both parties run them.
    const PHASES: &'static [Phase];

    /// What the client's phases are called on; `()` if they are associated functions.
    type Client;
    /// What the server's phases are called on; `()` if they are associated functions.
    type Server;
    /// What the client knows besides its queries, for example the shape of the model.
    type ClientContext: ?Sized;
    /// What the server knows, for example the model.
    type ServerContext: ?Sized;
    /// One private input of the client.
    type Query;
    /// One answer.
    type Output;
    /// The protocol's own error.
    type Error;
    /// When two answers to the same query count as the same.
    type Agreement: Agreement<Self::Output> + Default;
    /// What the client's setup leaves: lives as long as the connection, over all batches.
    type ClientSetup: Default;
    /// What the server's setup leaves: lives as long as the connection, over all batches.
    type ServerSetup: Default;
    /// What the client carries from one phase of a batch to the next; empty when a batch begins.
    type ClientState: Default;
    /// What the server carries from one phase of a batch to the next; empty when a batch begins.
    type ServerState: Default;

    /// Runs the client's side of `PHASES[phase]`.
    ///
    /// # Errors
    ///
    /// [`PhaseError::Protocol`] with the protocol's own error, [`PhaseError::State`] if a value
    /// that an earlier phase should have left is not there.
    fn client_phase(
        phase: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> Result<(), PhaseError<Self::Error>>;

    /// Runs the server's side of `PHASES[phase]`.
    ///
    /// # Errors
    ///
    /// As [`client_phase`](Self::client_phase).
    fn server_phase(
        phase: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<Self::Error>>;

    /// A client instance of its own for one execution, for protocols whose phases keep the state
    /// of an execution in `&mut self`. `None`, the default, runs all executions on one instance.
    fn fork_client(_client: &Self::Client) -> Option<Self::Client> {
        None
    }

    /// As [`fork_client`](Self::fork_client), for the server.
    fn fork_server(_server: &Self::Server) -> Option<Self::Server> {
        None
    }
}
