//! Runs a protocol over `i64`, and the wire that the protocols here use.

use std::{
    fmt::Debug,
    io::{self, Read, Write},
    thread,
};

use fusion::{Agreement, Check, Client, Compared, Connection, Error, Policy, SemiHonest, Server};
use fusion_core::misbehave::{Cheat, Cheating, CheatingServer};
use rand::{SeedableRng, rngs::StdRng};

/// What a client gets: an answer, or what was compared of it.
pub(crate) trait Answer: Debug {
    fn whole(&self) -> i64;
}

impl Answer for i64 {
    fn whole(&self) -> i64 {
        *self
    }
}

impl Answer for Compared<i64, i64> {
    fn whole(&self) -> i64 {
        *self.unverified_whole()
    }
}

/// Runs `P` with an honest server, then with one that flips an answer.
pub(crate) fn agrees_and_catches<P>(
    instances: impl Fn() -> (P::Client, P::Server),
    contexts: (&P::ClientContext, &P::ServerContext),
    plain: impl Fn(i64) -> i64,
) where
    P: SemiHonest<Query = i64, Output = i64, Agreement: Agreement<i64, Verified: Answer>>,
    P::Client: Send,
    P::Server: Send,
    P::ServerContext: Sync,
    P::ClientError: Debug + Send,
    P::ServerError: Debug + Send,
{
    let queries: Vec<i64> = (0..6).collect();
    let checks = || (100..110).map(|x| Check::model_answer(x, plain(x))).collect();
    let policy = Policy::new(8, 3, 4, 0);
    let expected: Vec<i64> = queries.iter().map(|&x| plain(x)).collect();

    let (client, server) = instances();
    let (mut here, mut there) = Connection::pair();
    let answers = thread::scope(|scope| {
        scope.spawn(|| {
            let mut rng = StdRng::seed_from_u64(2);
            Server::<P>::with(server).serve(&mut there, contexts.1, &mut rng).unwrap();
        });
        let mut client = Client::<P>::with(client, policy, checks());
        client.infer(&mut here, contexts.0, &queries, &mut StdRng::seed_from_u64(1)).unwrap()
    });
    let answers: Vec<i64> = answers.iter().map(Answer::whole).collect();
    assert_eq!(answers, expected);

    let (client, server) = instances();
    let (mut here, mut there) = Connection::pair();
    let error = thread::scope(|scope| {
        scope.spawn(|| {
            let mut rng = StdRng::seed_from_u64(4);
            let cheat = CheatingServer::new(server, Cheat::Flip { slots: 1 });
            // It may fail when the client closes; what counts is the client's verdict.
            let _ = Server::<Cheating<P>>::with(cheat).serve(&mut there, contexts.1, &mut rng);
        });
        let mut client = Client::<P>::with(client, policy, checks());
        let result = client.infer(&mut here, contexts.0, &queries, &mut StdRng::seed_from_u64(3));
        drop(here);
        result.unwrap_err()
    });
    assert!(matches!(error, Error::Rejected { .. }), "{error:?}");
}

pub(crate) fn put<W: Write>(to: &mut W, value: i64) -> io::Result<()> {
    to.write_all(&value.to_le_bytes())
}

pub(crate) fn get<R: Read>(from: &mut R) -> io::Result<i64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(i64::from_le_bytes(bytes))
}

pub(crate) fn ask<C: Read + Write>(channel: &mut C, x: i64) -> io::Result<i64> {
    put(channel, x)?;
    get(channel)
}

pub(crate) fn answer<C: Read + Write>(channel: &mut C, factor: i64) -> io::Result<()> {
    let x = get(channel)?;
    put(channel, x.wrapping_mul(factor))
}
