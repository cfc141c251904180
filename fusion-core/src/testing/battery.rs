use std::{thread, time::Duration};

use chacha20::ChaCha20Rng;
use rand::SeedableRng;

use super::{Row, Subject, Table, has_slots};
use crate::{
    channel::{MemoryChannel, memory_pair},
    client::Client,
    connection::{Connection, block_on},
    error::{Error, Place},
    misbehave::{At, Cheat, Cheating, CheatingServer, Fault, Faulty},
    policy::{Misuse, Policy},
    protocol::{ClientSide, Executions, SemiHonest},
    server::Server,
    soundness::Planner,
    verify::{Agreement, Verified},
    wire::Limits,
};

/// What the server's end of a run is like.
enum Attack {
    None,
    Cheat(Cheat),
    Fault(Fault, At),
    Model,
    Linking,
}

impl Attack {
    /// A fault on the line needs no chance, and is nobody's choice.
    fn is_fault(&self) -> bool {
        matches!(self, Self::Fault(..))
    }
}

pub(super) fn run<P>(subject: &Subject<'_, P>) -> Table
where
    P: SemiHonest<Client: Send, Server: Send, ServerContext: Send + Sync>,
{
    let declared = P::DECLARATION;
    let planner = Planner::new(subject.queries.len(), declared.soundness).risk(declared.risk);
    let policy =
        Policy::plan(&planner).unwrap_or_else(|misuse| panic!("the batch cannot be run: {misuse}"));
    let bound = f64::from(P::DECLARATION.soundness);
    let mut battery = Battery { subject, policy, seed: 1 };
    let right = match battery.try_once(&Attack::None, subject.queries).0 {
        Ok(answers) => answers.into_inner(),
        Err(error) => panic!("an honest server was rejected: {error}"),
    };
    // Other queries: samples of checks, from the end of the pool.
    let others = (subject.checks)().into_iter().rev().map(|check| check.sample);
    let others: Vec<P::Query> = others.take(subject.queries.len()).collect();
    let slots = policy.parameters(subject.queries.len()).map_or(1, |batch| batch.slots());
    let repeats = super::repeats::find(subject, policy, &others);
    let mut table = Table { protocol: P::NAME.into(), rows: Vec::new(), repeats };
    for (name, attack) in attacks(subject, slots) {
        let tries = if attack.is_fault() { 1 } else { subject.tries };
        let mut row = Row::new(name, bound);
        for _ in 0..tries {
            row.tried += 1;
            let seed = battery.seed;
            let (answers, end) = battery.try_once(&attack, subject.queries);
            match answers {
                Ok(answers) if agree::<P>(&answers, &right) => row.harmless += 1,
                Ok(_) => row.survived += 1,
                Err(error) => {
                    row.caught += 1;
                    row.example.get_or_insert(error);
                }
            }
            if !attack.is_fault() && others.len() == subject.queries.len() {
                battery.seed = seed;
                let (_, other) = battery.try_once(&attack, &others);
                if end != other {
                    row.differs.get_or_insert((end, other));
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
    if subject.linking.is_some() && P::DECLARATION.executions == Executions::Isolated {
        attacks.push(("links executions".into(), Attack::Linking));
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
    /// One run: the answers, or the client's error in words; and how it ended, as far as the server can
    /// see.
    fn try_once(&mut self, attack: &Attack, queries: &[P::Query]) -> Tried<P> {
        let subject = self.subject;
        self.seed += 2;
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        let mut their_rng = ChaCha20Rng::seed_from_u64(self.seed + 1);
        let (client, server) = (subject.parties)();
        let (here, there) = memory_pair();
        let mut here = Connection::with_limits(here, limits(attack));
        let mut client =
            Client::<P>::with(client, self.policy, (subject.checks)()).order_from_seed(self.seed);
        let (context, other) = (subject.server_context, subject.other.clone());
        let linking = match attack {
            Attack::Linking => subject.linking.as_ref().map(|make| make()),
            _ => None,
        };
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
                    Attack::Linking => {
                        let mut connection = Connection::with_limits(there, limits(attack));
                        linking.map_or(Ok(()), |(server, context)| {
                            Server::<P>::with(server)
                                .serve(&mut connection, &context, &mut their_rng)
                                .map(drop)
                        })
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
            let context = subject.client_context;
            let answers = block_on(client.infer_whole(&mut here, context, queries, &mut rng));
            // Whoever waits for this client, its dealer for example, is told that it is gone.
            drop((client, here));
            let end = match &answers {
                // To the server, these are one end.
                Ok(_) | Err(Error::Rejected { .. }) => "at the end".into(),
                Err(error) => seen(error, attack),
            };
            (answers.map_err(|error| describe(&error)), end)
        })
    }
}

/// What became of a run.
type Tried<P> = (Result<Verified<Vec<<P as ClientSide>::Output>>, String>, String);

/// How the run ended early, as the server sees it: where, and by a close that says nothing more.
fn seen<E>(error: &Error<E>, attack: &Attack) -> String {
    let place = match error {
        Error::Misbehaved { place, .. }
        | Error::Protocol { place, .. }
        | Error::Panicked { place, .. }
        | Error::Io { place, .. }
        | Error::Internal { place, .. } => *place,
        Error::Incompatible(_) => Place::handshake(),
        Error::Misuse(_) | Error::Rejected { .. } => return "at the end".into(),
    };
    match (attack, place.phase()) {
        // It picks slots by what it sees, which is fresh in each run.
        (Attack::Cheat(Cheat::Adapt { .. }), Some(phase)) => format!("in phase {phase}"),
        _ => place.to_string(),
    }
}

/// The user's own error need not be printable.
fn describe<E>(error: &Error<E>) -> String {
    match error {
        Error::Rejected { reason, .. } => reason.to_string(),
        Error::Misbehaved { place, what } => format!("{place}: {what}"),
        Error::Incompatible(reason) => reason.to_string(),
        Error::Misuse(misuse @ Misuse::RepeatedRandomness { .. }) => misuse.to_string(),
        Error::Misuse(misuse) => panic!("the battery cannot run: {misuse}"),
        Error::Protocol { place, .. } => format!("{place}: the protocol's own error"),
        Error::Panicked { place, message } => format!("{place}: panicked: {message}"),
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
