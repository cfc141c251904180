use super::{ClientRun, PhaseError, ServerRun, Step};
use crate::{
    error::Error,
    lanes::{ClientLanes, ServerLanes},
};

/// The client's side of a protocol: its steps, and how to call them.
///
/// The driver calls [`client_step`](Self::client_step) once per slot, or once in all for a step
/// that is marked `batch` or belongs to [`Stage::Setup`](super::Stage::Setup).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the client of a hardened protocol: its steps are not known",
    label = "no client's phases known for `{Self}`",
    note = "put `#[fusion::harden]` on the `impl` block that holds the client's phases, and mark them with `#[fusion::client(..)]`"
)]
pub trait ClientSide: Sized {
    /// The client's steps, in the order in which it runs them.
    const CLIENT_STEPS: &'static [Step];

    /// How many slots the client has under way at once; 0, the default, for a protocol that does
    /// not run in lanes. With lanes each slot has a client instance (see
    /// [`fork_client`](Self::fork_client)), a state and a wire of its own, no step is `batch`, and
    /// [`client_lanes`](Self::client_lanes) says how they run. The server has lanes too then,
    /// though not necessarily as many.
    const CLIENT_LANES: usize = 0;

    /// What the steps are called on; `()` if they are associated functions.
    type Client;
    /// What the client knows besides its queries, for example the shape of the model.
    type ClientContext: ?Sized;
    /// One private input of the client.
    type Query;
    /// One answer.
    type Output;
    /// The client's own error.
    type ClientError;
    /// What setup leaves: lives as long as the connection, over all batches.
    type ClientSetup: Default;
    /// What the client carries from one step of a batch to the next; empty when a batch begins.
    type ClientState: Default;

    /// Runs `CLIENT_STEPS[step]`. Blocking code in it is fine unless the connection is an
    /// asynchronous one.
    ///
    /// # Errors
    ///
    /// [`PhaseError::Protocol`] with the protocol's own error, [`PhaseError::State`] if a value
    /// that an earlier step should have left is not there.
    fn client_step(
        step: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> impl Future<Output = Result<(), PhaseError<Self::ClientError>>>;

    /// A client instance of its own for one execution, for protocols whose steps keep the state
    /// of an execution in `&mut self`. `None`, the default, runs all executions on one instance.
    fn fork_client(_client: &Self::Client) -> Option<Self::Client> {
        None
    }

    /// Refuses a query (or a check's sample) that the protocol cannot take: its width, its range.
    /// The driver asks before anything is sent, so that a mistake names the query and not a slot.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    fn validate_query(
        _client: &Self::Client,
        _context: &Self::ClientContext,
        _query: &Self::Query,
    ) -> Result<(), String> {
        Ok(())
    }

    /// Refuses the answer of a check if the protocol cannot give such a one: its kind, its width.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    fn validate_answer(
        _client: &Self::Client,
        _context: &Self::ClientContext,
        _answer: &Self::Output,
    ) -> Result<(), String> {
        Ok(())
    }

    /// Reads a query from end to end. The driver calls it for all queries and checks of a batch before
    /// the handshake, so that memory that is only loaded when it is read does not tell by its time
    /// which slot held a copy of what was read before.
    fn touch(_query: &Self::Query) {}

    /// Which samples are equal: a number for each, the same for equal ones. `None`, the default, if
    /// samples cannot be compared. It decides how much evidence checks are.
    fn classes(_samples: &[&Self::Query]) -> Option<Vec<usize>> {
        None
    }

    /// Runs all slots of a step that has lanes: [`ClientLanes::concurrently`], if what the client
    /// is made of may go to other threads, or one after the other, which is the default.
    ///
    /// # Errors
    ///
    /// That of the lowest slot that failed.
    fn client_lanes(lanes: ClientLanes<'_, Self>) -> Result<(), Error<Self::ClientError>> {
        lanes.one_by_one()
    }
}

/// The server's side of a protocol: its steps, and how to call them. See [`ClientSide`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the server of a hardened protocol: its steps are not known",
    label = "no server's phases known for `{Self}`",
    note = "put `#[fusion::harden]` on the `impl` block that holds the server's phases, and mark them with `#[fusion::server(..)]`"
)]
pub trait ServerSide: Sized {
    /// The server's steps, in the order in which it runs them.
    const SERVER_STEPS: &'static [Step];

    /// As [`ClientSide::CLIENT_LANES`].
    const SERVER_LANES: usize = 0;

    /// What the steps are called on; `()` if they are associated functions.
    type Server;
    /// What the server knows, for example the model.
    type ServerContext: ?Sized;
    /// The server's own error.
    type ServerError;
    /// What setup leaves: lives as long as the connection, over all batches.
    type ServerSetup: Default;
    /// What the server carries from one step of a batch to the next; empty when a batch begins.
    type ServerState: Default;

    /// Runs `SERVER_STEPS[step]`.
    ///
    /// # Errors
    ///
    /// As [`ClientSide::client_step`].
    fn server_step(
        step: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> impl Future<Output = Result<(), PhaseError<Self::ServerError>>>;

    /// As [`ClientSide::fork_client`].
    fn fork_server(_server: &Self::Server) -> Option<Self::Server> {
        None
    }

    /// As [`ClientSide::client_lanes`].
    ///
    /// # Errors
    ///
    /// As [`ClientSide::client_lanes`].
    fn server_lanes(lanes: ServerLanes<'_, Self>) -> Result<(), Error<Self::ServerError>> {
        lanes.one_by_one()
    }
}
