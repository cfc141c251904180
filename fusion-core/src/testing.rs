//! A battery of attacks on any hardened protocol (feature `test-kit`).
//!
//! ```
//! # use std::io::{Read, Result, Write};
//! # use fusion_core as fusion;
//! # use fusion_core::*;
//! # struct Toy;
//! # impl Declared for Toy { const DECLARATION: Declaration = Declaration::new(10); }
//! # impl SemiHonest for Toy { const NAME: &'static str = "toy"; type Agreement = Exact; }
//! # impl ClientSide for Toy {
//! #     const CLIENT_STEPS: &'static [Step] = &[Step::new(Stage::Online, "ask")];
//! #     type Client = (); type ClientContext = (); type Query = u8; type Output = u8;
//! #     type ClientError = std::io::Error; type ClientSetup = (); type ClientState = ();
//! #     async fn client_step(_: usize, run: &mut ClientRun<'_, Self>)
//! #         -> std::result::Result<(), PhaseError<std::io::Error>> {
//! #         run.wire.write_all(&[*run.batch.query()?]).map_err(PhaseError::Protocol)?;
//! #         let mut answer = [0];
//! #         run.wire.read_exact(&mut answer).map_err(PhaseError::Protocol)?;
//! #         run.outputs.push(answer[0]);
//! #         Ok(())
//! #     }
//! # }
//! # impl ServerSide for Toy {
//! #     const SERVER_STEPS: &'static [Step] = &[Step::new(Stage::Online, "answer")];
//! #     type Server = (); type ServerContext = u8; type ServerError = std::io::Error;
//! #     type ServerSetup = (); type ServerState = ();
//! #     async fn server_step(_: usize, run: &mut ServerRun<'_, Self>)
//! #         -> std::result::Result<(), PhaseError<std::io::Error>> {
//! #         let mut x = [0];
//! #         run.wire.read_exact(&mut x).map_err(PhaseError::Protocol)?;
//! #         run.wire.write_all(&[x[0].wrapping_mul(*run.context)]).map_err(PhaseError::Protocol)
//! #     }
//! # }
//! use fusion::testing::{Subject, assert_hardened};
//!
//! // `Toy` multiplies by the server's number; here it is 3, and a cheat's is 4.
//! let checks = || (0..20).map(|x| fusion::Check::model_answer(x, 3 * x)).collect();
//! assert_hardened(Subject::<Toy>::new(&(), &3, &[7, 8], &checks).other_model(4));
//! ```

#![allow(clippy::panic, reason = "a test fails by a panic")]

mod battery;
mod repeats;
mod simulate;
mod table;

use std::sync::Arc;

pub use simulate::{Ending, Strategy, simulate};
pub use table::{Row, Table};

use crate::{
    check::Check,
    protocol::{SemiHonest, Step},
};

/// A protocol under attack: what its parties know, and what the client asks.
pub struct Subject<'a, P: SemiHonest> {
    parties: Box<dyn Fn() -> (P::Client, P::Server) + 'a>,
    client_context: &'a P::ClientContext,
    server_context: &'a P::ServerContext,
    queries: &'a [P::Query],
    checks: &'a dyn Fn() -> Vec<Check<P::Query, P::Output>>,
    other: Option<Arc<P::ServerContext>>,
    linking: Option<Box<dyn Fn() -> (P::Server, Arc<P::ServerContext>) + 'a>>,
    tries: usize,
}

impl<'a, P: SemiHonest<Client = (), Server = ()>> Subject<'a, P> {
    /// A protocol whose phases are associated functions. `checks` gives at least as many as the
    /// cheapest batch for the queries needs, at the soundness that the protocol declares.
    #[must_use]
    pub fn new(
        client_context: &'a P::ClientContext,
        server_context: &'a P::ServerContext,
        queries: &'a [P::Query],
        checks: &'a dyn Fn() -> Vec<Check<P::Query, P::Output>>,
    ) -> Self {
        Self::with(|| ((), ()), client_context, server_context, queries, checks)
    }
}

impl<'a, P: SemiHonest> Subject<'a, P> {
    /// A protocol whose phases are called on what `parties` makes, anew for each run.
    #[must_use]
    pub fn with(
        parties: impl Fn() -> (P::Client, P::Server) + 'a,
        client_context: &'a P::ClientContext,
        server_context: &'a P::ServerContext,
        queries: &'a [P::Query],
        checks: &'a dyn Fn() -> Vec<Check<P::Query, P::Output>>,
    ) -> Self {
        Self {
            parties: Box::new(parties),
            client_context,
            server_context,
            queries,
            checks,
            other: None,
            linking: None,
            tries: 5,
        }
    }

    /// A model that the server should not use, for the attacks that use one. It should differ from
    /// the right one on the checks.
    #[must_use]
    pub fn other_model(mut self, other: impl Into<Arc<P::ServerContext>>) -> Self {
        self.other = Some(other.into());
        self
    }

    /// A server, and its context, that try to make the answer of one execution depend on what another
    /// holds: the attack on isolation, as only somebody who knows the protocol can write it. It is run
    /// if the protocol states `executions = isolated`.
    ///
    /// No such attempt that fails proves isolation: it cannot be tested in general.
    #[must_use]
    pub fn linking(mut self, server: impl Fn() -> (P::Server, Arc<P::ServerContext>) + 'a) -> Self {
        self.linking = Some(Box::new(server));
        self
    }

    /// How often each cheat is tried (5 times unless said). Faults on the line need no chance and
    /// are tried once.
    #[must_use]
    pub fn tries(mut self, tries: usize) -> Self {
        self.tries = tries;
        self
    }
}

/// Runs every attack of the kit on the protocol and prints a table of them.
///
/// An attack is *caught* if the client gets an error, *harmless* if it gets the right answers all
/// the same (two swapped copies of one query, say), and has *survived* if the client accepts a
/// wrong answer. Every cheat is run again with other queries (samples of checks) and the same
/// randomness: where and how the run ends early, if it does, must be the same, or the server learns
/// about the queries from that (*ends differ*).
///
/// Of a protocol that states `privacy = malicious` it is also looked at whether what the client says
/// depends on the queries but not on its randomness, from run to run and from batch to batch.
///
/// # Panics
///
/// If an honest server is rejected, an attack survives more often than the protocol's soundness
/// allows by any reasonable chance, ends differ, or the client repeats itself.
pub fn assert_hardened<P>(subject: Subject<'_, P>)
where
    P: SemiHonest<Client: Send, Server: Send, ServerContext: Send + Sync>,
{
    let table = attack(subject);
    println!("{table}");
    if let Some(row) = table.rows.iter().find(|row| !row.is_plausible()) {
        panic!("`{}` survived {} of {} times", row.attack, row.survived, row.tried);
    }
    if let Some((row, ends)) = table.rows.iter().find_map(|row| Some((row, row.differs.as_ref()?)))
    {
        panic!(
            "`{}`: how the run ends depends on the queries, which the server sees: {} with some, {} \
             with others",
            row.attack, ends.0, ends.1
        );
    }
    if let Some(phase) = &table.repeats {
        panic!(
            "what the client says in {phase} depends on the queries, but not on its randomness: it is \
             the same from run to run"
        );
    }
}

/// As [`assert_hardened`], and gives the table instead of judging it.
///
/// # Panics
///
/// If an honest server is rejected.
pub fn attack<P>(subject: Subject<'_, P>) -> Table
where
    P: SemiHonest<Client: Send, Server: Send, ServerContext: Send + Sync>,
{
    battery::run(&subject)
}

fn has_slots<P: SemiHonest>() -> bool {
    P::SERVER_STEPS.iter().any(|step: &Step| !step.runs_once() && !step.local)
}
