use std::{thread, time::Duration};

use chacha20::ChaCha20Rng;
use rand::SeedableRng;

use super::{Row, Subject, Table, has_slots};
use crate::{
    channel::{MemoryChannel, memory_pair},
    client::Client,
    connection::{Connection, block_on},
    error::Error,
    misbehave::{At, Cheat, Cheating, CheatingServer, Fault, Faulty},
    policy::Policy,
    protocol::SemiHonest,
    server::Server,
    verify::{Agreement, Verified},
    wire::Limits,
};

/// What the server's end of a run is like.
enum Attack {
    None,
    Cheat(Cheat),
    Fault(Fault, At),
    Model,
}

pub(super) fn run<P>(subject: &Subject<'_, P>) -> Table
where
    P: SemiHonest<Client: Send, Server: Send, ServerContext: Send + Sync>,
{
    let policy = Policy::cheapest(P::DECLARATION.soundness, subject.queries.len())
        .unwrap_or_else(|misuse| panic!("the batch cannot be run: {misuse}"));
    let bound = f64::from(P::DECLARATION.soundness);
    let mut battery = Battery { subject, policy, seed: 1 };
    let right = match battery.try_once(&Attack::None) {
        Ok(answers) => answers.into_inner(),
        Err(error) => panic!("an honest server was rejected: {error}"),
    };
    let slots = policy.parameters(subject.queries.len()).map_or(1, |batch| batch.slots());
    let mut table = Table { protocol: P::NAME.into(), rows: Vec::new() };
    for (name, attack) in attacks(subject, slots) {
        let tries = if matches!(attack, Attack::Fault(..)) { 1 } else { subject.tries };
        let mut row = Row::new(name, bound);
        for _ in 0..tries {
            row.tried += 1;
            match battery.try_once(&attack) {
                Ok(answers) if agree::<P>(&answers, &right) => row.harmless += 1,
                Ok(_) => row.survived += 1,
                Err(error) => {
                    row.caught += 1;
                    row.example.get_or_insert(error);
                }
            }
        }
        table.rows.push(row);
    }
    table
}

/// Every attack that makes sense for the protocol, by name.
fn attacks<P: SemiHonest>(subject: &Subject<'_, P>, slots: usize) -> Vec<(String, Attack)> {
    let mut attacks = Vec::new();
    for wrong in [1, 2, slots.div_ceil(2), slots] {
        attacks.push((format!("wrong in {wrong} slots"), Cheat::Flip { slots: wrong }));
    }
    attacks.push(("two slots swapped".into(), Cheat::Swap { pairs: 1 }));
    attacks.push(("many slots swapped".into(), Cheat::Swap { pairs: slots / 3 }));
    attacks.push(("wrong where the client sent little".into(), Cheat::Adapt { slots: 2 }));
    if has_slots::<P>() {
        attacks.push(("no answer in one slot".into(), Cheat::Fail));
    }
    for (phase, what) in P::PHASES.iter().enumerate() {
        let name = format!("false digests, {} ({})", what.stage, what.client);
        attacks.push((name, Cheat::LieAboutDigests { phase }));
    }
    if subject.other.is_some() && has_slots::<P>() {
        for slots in [1, slots.div_ceil(2)] {
            attacks.push((format!("another model in {slots} slots"), Cheat::OtherModel { slots }));
        }
    }
    let mut attacks: Vec<_> =
        attacks.into_iter().map(|(name, cheat)| (name, Attack::Cheat(cheat))).collect();
    if subject.other.is_some() {
        attacks.push(("another model".into(), Attack::Model));
    }
    for (index, phase) in P::PHASES.iter().enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        for fault in Fault::ALL {
            let name =
                |what: &str| format!("{fault:?} of {what}, {} ({})", phase.stage, phase.client);
            attacks.push((name("data"), Attack::Fault(fault, At::data(index))));
            attacks.push((name("digests"), Attack::Fault(fault, At::digest(index))));
        }
    }
    attacks
}

struct Battery<'a, 's, P: SemiHonest> {
    subject: &'s Subject<'a, P>,
    policy: Policy,
    seed: u64,
}

impl<P> Battery<'_, '_, P>
where
    P: SemiHonest<Client: Send, Server: Send, ServerContext: Send + Sync>,
{
    /// One run; the client's error in words.
    fn try_once(&mut self, attack: &Attack) -> Result<Verified<Vec<P::Output>>, String> {
        let subject = self.subject;
        self.seed += 2;
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        let mut their_rng = ChaCha20Rng::seed_from_u64(self.seed + 1);
        let (client, server) = (subject.parties)();
        let (here, there) = memory_pair();
        let mut here = Connection::with_limits(here, limits(attack));
        let mut client = Client::<P>::with(client, self.policy, (subject.checks)());
        let (context, other) = (subject.server_context, subject.other.clone());
        thread::scope(move |scope| {
            scope.spawn(move || {
                // What its run ends with is for the client to find out.
                let _ = match attack {
                    Attack::Cheat(cheat) => {
                        let mut party = CheatingServer::new(server, cheat.clone());
                        if let Some(other) = other {
                            party = party.with_model(other);
                        }
                        let mut connection = Connection::with_limits(there, limits(attack));
                        Server::<Cheating<P>>::with(party)
                            .serve(&mut connection, context, &mut their_rng)
                            .map(drop)
                    }
                    Attack::Fault(fault, at) => {
                        let line: Faulty<MemoryChannel> = Faulty::new(there, *fault, *at);
                        let mut connection = Connection::with_limits(line, limits(attack));
                        let served = Server::<P>::with(server).serve(
                            &mut connection,
                            context,
                            &mut their_rng,
                        );
                        // A stalled line stays open.
                        if *fault == Fault::Stall {
                            thread::sleep(limits(attack).message * 2);
                        }
                        served.map(drop)
                    }
                    Attack::None | Attack::Model => {
                        let other = other.as_deref().filter(|_| matches!(attack, Attack::Model));
                        let mut connection = Connection::with_limits(there, limits(attack));
                        Server::<P>::with(server)
                            .serve(&mut connection, other.unwrap_or(context), &mut their_rng)
                            .map(drop)
                    }
                };
            });
            let (context, queries) = (subject.client_context, subject.queries);
            let answers = block_on(client.infer_whole(&mut here, context, queries, &mut rng));
            // Whoever waits for this client, its dealer for example, is told that it is gone.
            drop((client, here));
            answers.map_err(|error| describe(&error))
        })
    }
}

/// The user's own error need not be printable.
fn describe<E>(error: &Error<E>) -> String {
    match error {
        Error::PeerMisbehaved { verdict, .. } => verdict.to_string(),
        Error::ApiMisuse(misuse) => panic!("the battery cannot run: {misuse}"),
        Error::Protocol { place, .. } => format!("{place}: the protocol's own error"),
        Error::Io { place, source } => format!("{place}: {source}"),
        Error::Internal { place, reason } => format!("{place}: {reason}"),
    }
}

fn agree<P: SemiHonest>(left: &[P::Output], right: &[P::Output]) -> bool {
    let agreement = P::Agreement::default();
    left.iter().zip(right).all(|(left, right)| agreement.agree(left, right))
}

/// How long the parties wait. Only where silence is the expected end is it short, so that a slow
/// machine is not taken for a peer that stalls.
fn limits(attack: &Attack) -> Limits {
    let ends_in_silence = matches!(
        attack,
        Attack::Fault(Fault::Drop | Fault::Reorder | Fault::Truncate | Fault::Stall, _)
    );
    let message = Duration::from_millis(if ends_in_silence { 200 } else { 10_000 });
    Limits { message, phase: Duration::from_secs(60) }
}
