//! The base protocol as it is, without any hardening: for comparing costs and for tests.

use rand::CryptoRng;

use crate::{
    client,
    connection::{Connection, End, Setup, block_on},
    error::Error,
    handshake::{self, Mode, Offer},
    policy::Misuse,
    protocol::SemiHonest,
    report::Costs,
    rng::PhaseRng,
    server::{self, DEFAULT_MAX_SLOTS},
};

/// Runs the client's side of one plain execution per query, with a setup of its own.
///
/// # Security
///
/// **No guarantee whatsoever** against a server that deviates: nothing is mixed, hashed or
/// checked. The answers are not [`Verified`](crate::Verified), and say so by their type.
///
/// # Errors
///
/// As [`Client::infer`](crate::Client::infer), but never with a verdict.
pub fn infer<P: SemiHonest, R: CryptoRng + ?Sized>(
    party: &mut P::Client,
    connection: &mut Connection,
    context: &P::ClientContext,
    queries: &[P::Query],
    rng: &mut R,
) -> Result<(Vec<P::Output>, Costs), Error<P::ClientError>> {
    let slots = u32::try_from(queries.len()).unwrap_or(u32::MAX);
    if slots == 0 {
        return Err(Misuse::NoQueries.into());
    }
    let mut rng = PhaseRng::fork(rng);
    let wire = connection.begin_run()?;
    let result = block_on(async {
        handshake::greet::<P>(wire, Mode::SemiHonest { slots }, true, &mut rng).await?;
        let inputs: Vec<&P::Query> = queries.iter().collect();
        let setup = &mut Setup::default();
        client::run_all::<P>(party, setup, wire, context, &inputs, &mut rng, &mut ()).await
    });
    connection.end_run(End::of(&result));
    result.map(|(outputs, _, costs)| (outputs.unseal(), costs))
}

/// Runs the server's side of a batch of plain executions.
///
/// # Errors
///
/// As [`Server::serve`](crate::Server::serve).
pub fn serve<P: SemiHonest, R: CryptoRng + ?Sized>(
    party: &mut P::Server,
    connection: &mut Connection,
    context: &P::ServerContext,
    rng: &mut R,
) -> Result<Costs, Error<P::ServerError>> {
    let mut rng = PhaseRng::fork(rng);
    let wire = connection.begin_run()?;
    let offer = Offer { hardened: false, max_slots: DEFAULT_MAX_SLOTS, has_setup: false };
    let result = block_on(async {
        let (slots, _) = handshake::welcome::<P>(wire, offer, &mut rng).await?;
        let setup = &mut Setup::default();
        server::run_all::<P>(party, setup, wire, context, slots, &mut rng, &mut ()).await
    });
    connection.end_run(End::of(&result));
    result.map(|(_, costs)| costs)
}
