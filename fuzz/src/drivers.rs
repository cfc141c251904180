//! The drivers of a hardened protocol: handshake, frames, digests and data of every stage.

use std::{
    fmt::Debug,
    io::{self, Read, Write},
    sync::OnceLock,
    thread,
};

use fusion::{
    Check, Client, Connection, Error, Policy, SemiHonest, Server,
    channel::{ChannelError, memory_pair},
    semi_honest,
};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

use crate::{
    Ended, MIB,
    peer::{Peer, PeerChannel, Recorded},
    script::Script,
    within,
};

/// A batch small enough for many runs a second, with several copies, checks and slots.
const POLICY: Policy = Policy::new(8, 3, 4, 0);
const QUERIES: [i64; 6] = [1, 2, 3, 4, 5, 6];
/// The server's secret.
const KEY: i64 = 7;
/// Far more than an honest client asks for.
const SLOTS: usize = 1 << 10;

/// What a peer may make a party take: frames of 1 MiB at most, and little else.
const MEMORY: usize = 4 * MIB;

/// What the client says in one run; what the server says.
type Dialogue = [Vec<Vec<u8>>; 2];

macro_rules! toy {
    ($module:ident, $toy:ident, $($harden:tt)*) => {
        #[allow(dead_code, reason = "aliases that come with the protocol")]
        mod $module {
            use super::*;

            /// The client masks its number, the server multiplies it by a key.
            #[fusion::harden(soundness = 8, privacy = semi_honest, executions = isolated)]
            pub(super) struct $toy;

            pub(super) struct Key(i64);

            pub(super) struct Mask(i64);

            #[fusion::harden($($harden)*)]
            impl $toy {
                #[fusion::server(setup)]
                fn send_key(key: &i64, writer: &mut impl Write) -> io::Result<()> {
                    put(writer, *key)
                }

                #[fusion::client(setup)]
                fn hear_key(reader: &mut impl Read) -> io::Result<Key> {
                    get(reader).map(Key)
                }

                #[fusion::client(offline)]
                fn offer(rng: &mut impl Rng, writer: &mut impl Write) -> io::Result<Mask> {
                    let mask = rng.random();
                    put(writer, mask)?;
                    Ok(Mask(mask))
                }

                #[fusion::server(offline)]
                fn accept(reader: &mut impl Read) -> io::Result<Mask> {
                    get(reader).map(Mask)
                }

                #[fusion::client(online, query = x)]
                fn ask(
                    key: &Key,
                    mask: Mask,
                    x: &i64,
                    channel: &mut (impl Read + Write),
                ) -> io::Result<i64> {
                    put(channel, x.wrapping_add(mask.0))?;
                    let echo = get(channel)?;
                    put(channel, echo.wrapping_add(key.0))?;
                    get(channel)
                }

                #[fusion::server(online)]
                fn answer(key: &i64, mask: Mask, channel: &mut (impl Read + Write)) -> io::Result<()> {
                    let x = get(channel)?;
                    put(channel, x)?;
                    let x = get(channel)?.wrapping_sub(mask.0).wrapping_sub(*key);
                    put(channel, x.wrapping_mul(*key))
                }
            }
        }
    };
}

toy!(slot_by_slot, Toy,);
toy!(in_lanes, Lanes, lanes = 3);

use in_lanes::Lanes;
use slot_by_slot::Toy;

/// A client of a server that is spoiled.
pub(crate) fn client(script: &mut Script<'_>) -> Ended {
    infer::<Toy>(Connection::new(PeerChannel::new(spoiled(script, &slot_by_slot()[1]))))
}

/// The same, with frames in a byte stream.
pub(crate) fn client_of_a_stream(script: &mut Script<'_>) -> Ended {
    let framed = |frame: &Vec<u8>| [&(frame.len() as u32).to_le_bytes(), &frame[..]].concat();
    let frames = slot_by_slot()[1].iter().map(framed).collect::<Vec<_>>();
    let at_a_time = 1 + script.below(256);
    let stream = Peer::in_parts(spoiled(script, &frames).concat(), at_a_time);
    infer::<Toy>(Connection::futures(stream, |_| std::future::pending()))
}

/// A client with several slots at once.
pub(crate) fn client_in_lanes(script: &mut Script<'_>) -> Ended {
    infer::<Lanes>(Connection::new(PeerChannel::new(spoiled(script, &in_lanes()[1]))))
}

/// A server of a client that is spoiled.
pub(crate) fn server(script: &mut Script<'_>) -> Ended {
    serve::<Toy>(Connection::new(PeerChannel::new(spoiled(script, &slot_by_slot()[0]))))
}

/// A server with several slots at once.
pub(crate) fn server_in_lanes(script: &mut Script<'_>) -> Ended {
    serve::<Lanes>(Connection::new(PeerChannel::new(spoiled(script, &in_lanes()[0]))))
}

/// A client without any hardening.
pub(crate) fn plain_client(script: &mut Script<'_>) -> Ended {
    infer_plain(Connection::new(PeerChannel::new(spoiled(script, &plain()[1]))))
}

/// A server without any hardening.
pub(crate) fn plain_server(script: &mut Script<'_>) -> Ended {
    serve_plain(Connection::new(PeerChannel::new(spoiled(script, &plain()[0]))))
}

fn spoiled(script: &mut Script<'_>, frames: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut frames = frames.to_vec();
    script.spoil(&mut frames);
    frames
}

fn infer<P>(mut connection: Connection) -> Ended
where
    P: SemiHonest<
            Client = (),
            ClientContext = (),
            Query = i64,
            Output = i64,
            Agreement = fusion::Exact,
        >,
    P::ClientError: Debug,
{
    let checks = (100..110).map(|x| Check::model_answer(x, x * KEY)).collect();
    let mut rng = StdRng::seed_from_u64(1);
    let mut client = Client::<P>::new(POLICY, checks);
    match within(MEMORY, || client.infer(&mut connection, &(), &QUERIES, &mut rng)) {
        Ok(answers) => {
            assert_eq!(answers.into_inner(), QUERIES.map(|x| x * KEY), "wrong and accepted");
            Ended::Well
        }
        Err(error) => refused(error),
    }
}

fn serve<P>(mut connection: Connection) -> Ended
where
    P: SemiHonest<Server = (), ServerContext = i64>,
    P::ServerError: Debug,
{
    let mut server = Server::<P>::new().max_slots(SLOTS);
    let mut rng = StdRng::seed_from_u64(2);
    match within(MEMORY, || server.serve(&mut connection, &KEY, &mut rng)) {
        Ok(_) => Ended::Well,
        Err(error) => refused(error),
    }
}

/// Nothing tells whether the answers are right.
fn infer_plain(mut connection: Connection) -> Ended {
    let mut rng = StdRng::seed_from_u64(1);
    let run = || semi_honest::infer::<Toy, _>(&mut (), &mut connection, &(), &QUERIES, &mut rng);
    match within(MEMORY, run) {
        Ok((answers, _)) => {
            assert_eq!(answers.len(), QUERIES.len());
            Ended::Well
        }
        Err(error) => refused(error),
    }
}

fn serve_plain(mut connection: Connection) -> Ended {
    let mut rng = StdRng::seed_from_u64(2);
    let run = || semi_honest::serve::<Toy, _>(&mut (), &mut connection, &KEY, &mut rng);
    within(MEMORY, run).map_or_else(refused, |_| Ended::Well)
}

/// Blames the peer, or it is a mistake of ours.
fn refused<E: Debug>(error: Error<E>) -> Ended {
    match error {
        Error::Rejected { .. }
        | Error::Misbehaved { .. }
        | Error::Incompatible(_)
        | Error::Protocol { .. } => Ended::Refused,
        Error::Io { source: ChannelError::Closed | ChannelError::Truncated, .. } => Ended::Refused,
        other => panic!("not the peer's fault: {other:?}"),
    }
}

fn slot_by_slot() -> &'static Dialogue {
    static SAID: OnceLock<Dialogue> = OnceLock::new();
    SAID.get_or_init(|| dialogue(infer::<Toy>, serve::<Toy>))
}

fn in_lanes() -> &'static Dialogue {
    static SAID: OnceLock<Dialogue> = OnceLock::new();
    SAID.get_or_init(|| dialogue(infer::<Lanes>, serve::<Lanes>))
}

fn plain() -> &'static Dialogue {
    static SAID: OnceLock<Dialogue> = OnceLock::new();
    SAID.get_or_init(|| dialogue(infer_plain, serve_plain))
}

/// Records both parties.
fn dialogue(infer: fn(Connection) -> Ended, serve: fn(Connection) -> Ended) -> Dialogue {
    let (left, right) = memory_pair();
    let ((left, heard_by_client), (right, heard_by_server)) =
        (Recorded::new(left), Recorded::new(right));
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(serve(Connection::new(right)), Ended::Well));
        assert_eq!(infer(Connection::new(left)), Ended::Well);
    });
    [heard_by_server.take(), heard_by_client.take()]
}

fn put(writer: &mut impl Write, number: i64) -> io::Result<()> {
    writer.write_all(&number.to_le_bytes())
}

fn get(reader: &mut impl Read) -> io::Result<i64> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes)?;
    Ok(i64::from_le_bytes(bytes))
}
