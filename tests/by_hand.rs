//! One protocol, once with `#[fusion::harden]` and once with its trait written by hand: the same
//! answers, the same frames, the same verdicts.

#![allow(clippy::unwrap_used)]

use std::{
    io::{self, Read, Write},
    thread,
};

use fusion::{
    Agreement, Check, Client, ClientRun, ClientSide, Column, Connection, Declaration, Declared,
    Exact, Executions, Kept, PhaseError, Policy, Privacy, SemiHonest, Server, ServerRun,
    ServerSide, Stage, Step, channel::memory_pair,
};
use fusion_core::misbehave::{Cheat, Cheating, CheatingServer, Event, Recorded};
use rand::{CryptoRng, RngExt, SeedableRng, rngs::StdRng};

/// The client's input is masked in the offline stage; the server multiplies by its factor.
#[fusion::harden(soundness = 10, privacy = semi_honest, executions = isolated)]
struct Generated;

#[fusion::harden(name = "masked product", version = 2)]
impl Generated {
    #[fusion::server(setup)]
    fn setup_server(factor: &i64, writer: &mut impl Write) -> io::Result<()> {
        put(writer, factor & 1)
    }

    #[fusion::client(setup)]
    fn setup_client(reader: &mut impl Read) -> io::Result<Parity> {
        get(reader).map(Parity)
    }

    #[fusion::client(offline)]
    fn offline_client(writer: &mut impl Write, rng: &mut impl CryptoRng) -> io::Result<Mask> {
        let mask = rng.random();
        put(writer, mask)?;
        Ok(Mask(mask))
    }

    #[fusion::server(offline)]
    fn offline_server(reader: &mut impl Read) -> io::Result<Mask> {
        get(reader).map(Mask)
    }

    #[fusion::client(online, query = x)]
    fn online_client(
        parity: &Parity,
        mask: Mask,
        x: &i64,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> io::Result<i64> {
        put(writer, x.wrapping_add(mask.0))?;
        Ok(get(reader)?.wrapping_add(parity.0))
    }

    #[fusion::server(online)]
    fn online_server(
        factor: &i64,
        mask: Mask,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> io::Result<()> {
        let x = get(reader)?.wrapping_sub(mask.0);
        put(writer, x.wrapping_mul(*factor))
    }
}

struct Parity(i64);
struct Mask(i64);

fn put(to: &mut impl Write, value: i64) -> io::Result<()> {
    to.write_all(&value.to_le_bytes())
}

fn get(from: &mut impl Read) -> io::Result<i64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(i64::from_le_bytes(bytes))
}

/// The same, by hand.
struct Handwritten;

impl Declared for Handwritten {
    const DECLARATION: Declaration =
        Declaration::new(10).privacy(Privacy::SemiHonest).executions(Executions::Isolated);
}

impl SemiHonest for Handwritten {
    const NAME: &'static str = "masked product";
    const VERSION: u32 = 2;

    type Agreement = Exact;
}

impl ClientSide for Handwritten {
    const CLIENT_STEPS: &'static [Step] = &[
        Step::new(Stage::Setup, "setup_client"),
        Step::new(Stage::Offline, "offline_client"),
        Step::new(Stage::Online, "online_client"),
    ];

    type Client = ();
    type ClientContext = ();
    type Query = i64;
    type Output = i64;
    type ClientError = io::Error;
    type ClientSetup = Kept<Parity>;
    type ClientState = Column<Mask>;

    async fn client_step(
        step: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> Result<(), PhaseError<io::Error>> {
        let (reader, writer) = run.wire.split();
        match step {
            0 => {
                let parity = Generated::setup_client(reader).map_err(PhaseError::Protocol)?;
                run.setup.get_mut()?.put(parity);
            }
            1 => {
                let mask =
                    Generated::offline_client(writer, run.rng).map_err(PhaseError::Protocol)?;
                run.state.push(mask);
            }
            _ => {
                let (parity, mask) = (run.setup.get().get()?, run.state.take_next()?);
                let answer =
                    Generated::online_client(parity, mask, run.batch.query()?, reader, writer)
                        .map_err(PhaseError::Protocol)?;
                run.outputs.push(answer);
            }
        }
        Ok(())
    }
}

impl ServerSide for Handwritten {
    const SERVER_STEPS: &'static [Step] = &[
        Step::new(Stage::Setup, "setup_server"),
        Step::new(Stage::Offline, "offline_server"),
        Step::new(Stage::Online, "online_server"),
    ];

    type Server = ();
    type ServerContext = i64;
    type ServerError = io::Error;
    type ServerSetup = ();
    type ServerState = Column<Mask>;

    async fn server_step(
        step: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<io::Error>> {
        let (reader, writer) = run.wire.split();
        match step {
            0 => Generated::setup_server(run.context, writer).map_err(PhaseError::Protocol),
            1 => {
                let mask = Generated::offline_server(reader).map_err(PhaseError::Protocol)?;
                run.state.push(mask);
                Ok(())
            }
            _ => {
                let mask = run.state.take_next()?;
                Generated::online_server(run.context, mask, reader, writer)
                    .map_err(PhaseError::Protocol)
            }
        }
    }
}

const FACTOR: i64 = 7;

/// What a run gives, as far as anyone can see.
#[derive(Debug, PartialEq)]
struct Seen {
    result: Result<Vec<i64>, String>,
    frames: Vec<Event>,
    server: Result<(), String>,
}

fn run<P>(cheat: Option<Cheat>) -> Seen
where
    P: SemiHonest<
            Client = (),
            Server = (),
            ClientContext = (),
            ServerContext = i64,
            Query = i64,
            Output = i64,
            Agreement: Agreement<i64, Verified = i64>,
            ClientError = io::Error,
            ServerError = io::Error,
        >,
{
    let (here, there) = memory_pair();
    let (here, recording) = Recorded::new(here);
    let (mut here, mut there) = (Connection::new(here), Connection::new(there));
    let checks = (50..60).map(|x| Check::model_answer(x, x * FACTOR + 1)).collect();
    let mut client = Client::<P>::new(Policy::new(10, 4, 4, 0), checks).order_from_seed(1);
    let (result, server) = thread::scope(|scope| {
        let server = scope.spawn(|| {
            let mut rng = StdRng::seed_from_u64(2);
            match cheat {
                None => Server::<P>::new().serve(&mut there, &FACTOR, &mut rng),
                Some(cheat) => Server::<Cheating<P>>::with(CheatingServer::new((), cheat))
                    .serve(&mut there, &FACTOR, &mut rng),
            }
            .map(drop)
            .map_err(|error| error.to_string())
        });
        let queries: Vec<i64> = (1..=5).collect();
        let result = client.infer(&mut here, &(), &queries, &mut StdRng::seed_from_u64(1));
        let result = result.map(|answers| answers.to_vec()).map_err(|error| error.to_string());
        (result, server.join().unwrap())
    });
    Seen { result, frames: recording.events(), server }
}

#[test]
fn honest_runs_are_the_same() {
    let seen = run::<Generated>(None);
    assert_eq!(seen.result, Ok(vec![8, 15, 22, 29, 36]));
    assert!(seen.frames.len() > 3 * 24, "{} frames", seen.frames.len());
    assert_eq!(seen, run::<Handwritten>(None));
}

#[test]
fn rejections_are_the_same() {
    for cheat in [Cheat::Flip { slots: 1 }, Cheat::Flip { slots: 9 }, Cheat::Swap { pairs: 3 }] {
        let seen = run::<Generated>(Some(cheat.clone()));
        assert!(seen.result.as_ref().is_err_and(|error| error.starts_with("rejected")), "{seen:?}");
        assert_eq!(seen, run::<Handwritten>(Some(cheat)));
    }
}

#[test]
fn declarations_are_the_same() {
    assert_eq!(Generated::DECLARATION, Handwritten::DECLARATION);
    assert_eq!(Generated::PHASES, Handwritten::PHASES);
}
