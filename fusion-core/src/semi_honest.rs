//! The base protocol as it is, without any hardening: for comparing costs and for tests.

use rand::CryptoRng;

use crate::{
    client::{self, Batches},
    connection::{Connection, End, Setup, block_on},
    error::{Error, Sample},
    handshake::{self, Mode, Offer, Wish},
    policy::Misuse,
    protocol::SemiHonest,
    report::Costs,
    rng::PhaseRng,
    server::{self, DEFAULT_MAX_SLOTS},
    soundness::ParameterError,
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
    let slots = match u32::try_from(queries.len()) {
        Ok(0) => return Err(Misuse::NoQueries.into()),
        Ok(slots) => slots,
        Err(_) => return Err(Misuse::Parameters(ParameterError::TooManySlots).into()),
    };
    for (index, query) in queries.iter().enumerate() {
        let invalid = |reason| Misuse::Invalid { of: Sample::Query(index), reason };
        P::validate_query(party, context, query).map_err(invalid)?;
    }
    let mut rng = PhaseRng::fork(rng);
    let wire = connection.begin_run()?;
    let result = block_on(async {
        let wish = Wish { mode: Mode::SemiHonest, slots, setup: true };
        let agreed = handshake::greet::<P>(wire, wish, &mut rng).await?;
        let inputs: Vec<&P::Query> = queries.iter().collect();
        let setup = &mut Setup::default();
        let run = Batches { context, slots: &inputs, lanes: agreed.lanes, seals: false };
        let ran = client::run_all::<P>(party, setup, wire, run, &mut rng, &mut ()).await?;
        let answers: Option<Vec<P::Output>> = ran.outputs.unseal().into_iter().collect();
        let answers = answers.filter(|answers| answers.len() == queries.len());
        Ok((answers.ok_or_else(client::lost_count)?, ran.costs))
    });
    connection.end_run(End::of(&result));
    result
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
    let mode = Mode::SemiHonest;
    let offer = Offer { mode, max_slots: DEFAULT_MAX_SLOTS, has_setup: false };
    let result = block_on(async {
        let agreed = handshake::welcome::<P>(wire, offer, &mut rng).await?;
        let setup = &mut Setup::default();
        server::run_all::<P>(party, setup, wire, context, agreed, &mut rng, &mut ()).await
    });
    connection.end_run(End::of(&result));
    result.map(|(_, costs)| costs)
}
