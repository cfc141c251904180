//! Does what a client says depend on its queries, but not on its randomness?
//!
//! Such a client hides nothing: whoever sees it twice sees whether it asked the same. It happens when a
//! generator in a field is cloned for each slot or batch. The driver notices equal messages in one batch;
//! here batches are compared with each other, also phases that are called once for all slots.

use std::{collections::BTreeMap, thread};

use chacha20::ChaCha20Rng;
use rand::SeedableRng;

use super::Subject;
use crate::{
    channel::memory_pair,
    client::Client,
    connection::{Connection, block_on},
    misbehave::Recorded,
    policy::Policy,
    protocol::{Privacy, SemiHonest},
    server::Server,
};

/// The first phase in which it does, of a protocol that promises privacy.
pub(super) fn find<P>(
    subject: &Subject<'_, P>,
    policy: Policy,
    others: &[P::Query],
) -> Option<String>
where
    P: SemiHonest<Client: Send, Server: Send, ServerContext: Send + Sync>,
{
    if P::DECLARATION.privacy != Privacy::Malicious || others.len() != subject.queries.len() {
        return None;
    }
    // One client instance for three batches: the same queries with other randomness, other queries.
    let batches = [(subject.queries, 1), (subject.queries, 2), (others, 3)];
    let (client, server) = (subject.parties)();
    let (mut ours, theirs): (Vec<_>, Vec<_>) = batches.iter().map(|_| memory_pair()).unzip();
    let context = subject.server_context;
    let said: Vec<BTreeMap<u16, Vec<u8>>> = thread::scope(|scope| {
        scope.spawn(move || {
            let mut server = Server::<P>::with(server);
            for (seed, there) in theirs.into_iter().enumerate() {
                let (mut there, seed) = (Connection::new(there), seed as u64);
                // Whatever its end: what the client said counts.
                let _ = server.serve(&mut there, context, &mut ChaCha20Rng::seed_from_u64(seed));
            }
        });
        let mut client = Client::<P>::with(client, policy, (subject.checks)());
        let run = |(queries, seed): (&[P::Query], u64)| {
            let (here, recording) = Recorded::new(ours.remove(0));
            client.rewind(1);
            let (mut here, mut rng) = (Connection::new(here), ChaCha20Rng::seed_from_u64(seed));
            let _ =
                block_on(client.infer_whole(&mut here, subject.client_context, queries, &mut rng));
            recording.said()
        };
        batches.map(run).into()
    });
    let [first, again, other] = said.as_slice() else { return None };
    let depends =
        |phase: &u16| first.get(phase) == again.get(phase) && first.get(phase) != other.get(phase);
    let phase = first.keys().find(|phase| depends(phase))?;
    P::PHASES.get(usize::from(*phase)).map(ToString::to_string)
}
