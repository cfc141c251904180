//! A protocol written by hand, hardened and run between two threads: honest, cheating, hostile.

use std::{
    io::{self, Read, Write},
    thread,
    time::Duration,
};

use fusion_core::{
    Channel, Check, Client, ClientRun, ClientSide, Column, Connection, Declaration, Declared,
    Error, Exact, Limits, Malformed, Misuse, PhaseError, Place, Policy, Privacy, Rejection,
    SemiHonest, Server, ServerRun, ServerSide, Stage, Step,
    channel::{Emulated, Network, TcpChannel, memory_pair},
    misbehave::{At, Cheat, Cheating, CheatingServer, Event, Fault, Faulty, Recorded},
    semi_honest,
};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// The client masks its number with one that both know from the offline phase; the server adds
/// its secret.
struct Adder;

impl Declared for Adder {
    const DECLARATION: Declaration = Declaration::new(20).privacy(Privacy::Public);
}

impl SemiHonest for Adder {
    const NAME: &'static str = "adder";

    type Agreement = Exact;
}

impl ClientSide for Adder {
    const CLIENT_STEPS: &'static [Step] =
        &[Step::new(Stage::Offline, "offline_client"), Step::new(Stage::Online, "online_client")];

    type Client = ();
    type ClientContext = ();
    type Query = u64;
    type Output = u64;
    type ClientError = io::Error;
    type ClientSetup = ();
    type ClientState = Column<u64>;

    async fn client_step(
        step: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> Result<(), PhaseError<io::Error>> {
        if step == 0 {
            let mask = run.rng.next_u64();
            send(run.wire, mask)?;
            run.state.push(mask);
        } else {
            let mask = run.state.take_next()?;
            send(run.wire, run.batch.query()?.wrapping_add(mask))?;
            let answer = receive(run.wire)?;
            run.outputs.push(answer);
        }
        Ok(())
    }
}

impl ServerSide for Adder {
    const SERVER_STEPS: &'static [Step] =
        &[Step::new(Stage::Offline, "offline_server"), Step::new(Stage::Online, "online_server")];

    type Server = ();
    type ServerContext = u64;
    type ServerError = io::Error;
    type ServerSetup = ();
    type ServerState = Column<u64>;

    async fn server_step(
        step: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<io::Error>> {
        if step == 0 {
            let mask = receive(run.wire)?;
            run.state.push(mask);
        } else {
            let masked = receive(run.wire)?;
            let mask = run.state.take_next()?;
            send(run.wire, masked.wrapping_sub(mask).wrapping_add(*run.context))?;
        }
        Ok(())
    }
}

fn send(wire: &mut impl Write, number: u64) -> Result<(), PhaseError<io::Error>> {
    wire.write_all(&number.to_le_bytes()).map_err(PhaseError::Protocol)
}

fn receive(wire: &mut impl Read) -> Result<u64, PhaseError<io::Error>> {
    let mut bytes = [0; 8];
    wire.read_exact(&mut bytes).map_err(PhaseError::Protocol)?;
    Ok(u64::from_le_bytes(bytes))
}

const SECRET: u64 = 1000;
const POLICY: Policy = Policy::new(20, 7, 8, 0);

fn client() -> Client<Adder> {
    let checks = (0..20).map(|n| Check::model_answer(n * 31, n * 31 + SECRET)).collect();
    Client::new(POLICY, checks)
}

type Answer = Result<Vec<u64>, Error<io::Error>>;

fn ask(connection: &mut Connection) -> Answer {
    let queries = [1, 2, 3, u64::MAX];
    let mut rng = StdRng::seed_from_u64(1);
    client().infer(connection, &(), &queries, &mut rng).map(|answers| answers.into_inner())
}

/// Runs an honest client against `serve`, over the channels.
fn against(
    (left, right): (impl Channel, impl Channel),
    serve: impl FnOnce(&mut Connection) + Send,
) -> Answer {
    let limits = Limits { message: Duration::from_millis(500), phase: Duration::from_secs(20) };
    thread::scope(|scope| {
        scope.spawn(move || serve(&mut Connection::with_limits(right, limits)));
        ask(&mut Connection::with_limits(left, limits))
    })
}

fn honest(connection: &mut Connection) {
    let mut rng = StdRng::seed_from_u64(2);
    Server::<Adder>::new().serve(connection, &SECRET, &mut rng).unwrap();
}

fn cheat(cheat: Cheat) -> impl FnOnce(&mut Connection) + Send {
    move |connection| {
        let mut rng = StdRng::seed_from_u64(2);
        let party = CheatingServer::new((), cheat);
        Server::<Cheating<Adder>>::with(party).serve(connection, &SECRET, &mut rng).unwrap();
    }
}

fn verdict(answer: Answer) -> Rejection {
    match answer {
        Err(Error::Rejected { reason, .. }) => reason,
        other => panic!("no verdict: {other:?}"),
    }
}

/// Why the parties do not fit together.
fn incompatible(answer: Answer) -> String {
    match answer {
        Err(error @ Error::Incompatible(_)) if error.may_retry() => error.to_string(),
        other => panic!("somebody's fault: {other:?}"),
    }
}

/// What was wrong with a message, and where.
fn misbehaved(answer: Answer) -> (Place, Malformed) {
    match answer {
        Err(Error::Misbehaved { place, what }) => (place, what),
        other => panic!("not the peer's fault: {other:?}"),
    }
}

#[test]
fn an_honest_server_is_accepted() {
    assert_eq!(against(memory_pair(), honest).unwrap(), [1001, 1002, 1003, 999]);
}

#[test]
fn it_works_over_a_socket_and_over_an_emulated_network() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let wait = Duration::from_secs(5);
    let left = TcpChannel::connect(address, wait).unwrap();
    let right = TcpChannel::new(listener.accept().unwrap().0, wait).unwrap();
    let pair = (Emulated::new(left, Network::LAN), Emulated::new(right, Network::LAN));
    assert_eq!(against(pair, honest).unwrap(), [1001, 1002, 1003, 999]);
}

#[test]
fn a_wrong_answer_is_rejected() {
    let flipped = verdict(against(memory_pair(), cheat(Cheat::Flip { slots: 3 })));
    assert!(
        matches!(flipped, Rejection::Disagreement { .. } | Rejection::Accuracy(_)),
        "{flipped}"
    );
    let swapped = verdict(against(memory_pair(), cheat(Cheat::Swap { pairs: 8 })));
    assert!(
        matches!(swapped, Rejection::Disagreement { .. } | Rejection::Accuracy(_)),
        "{swapped}"
    );
}

#[test]
fn another_model_fails_the_checks() {
    let other = |connection: &mut Connection| {
        let mut rng = StdRng::seed_from_u64(2);
        Server::<Adder>::new().serve(connection, &(SECRET + 1), &mut rng).unwrap();
    };
    let Rejection::Accuracy(tally) = verdict(against(memory_pair(), other)) else {
        panic!("not an accuracy verdict")
    };
    assert_eq!((tally.right, tally.total), (0, 8));
}

#[test]
fn a_corrupted_link_is_named_by_phase() {
    for phase in [0, 1] {
        let (left, right) = memory_pair();
        let serve = |connection: &mut Connection| {
            let mut rng = StdRng::seed_from_u64(2);
            let error = Server::<Adder>::new().serve(connection, &SECRET, &mut rng).unwrap_err();
            assert!(matches!(error, Error::Misbehaved { what: Malformed::OtherTranscript, .. }));
        };
        let Rejection::Transcript { place } =
            verdict(against((Faulty::new(left, Fault::Flip, At::data(phase)), right), serve))
        else {
            panic!("not a transcript verdict")
        };
        assert_eq!(place.phase(), Some(usize::from(phase)));
    }
}

fn events(serve: impl FnOnce(&mut Connection) + Send) -> (Vec<Event>, bool) {
    let (left, right) = memory_pair();
    let (left, recording) = Recorded::new(left);
    let accepted = against((left, right), serve).is_ok();
    (recording.events(), accepted)
}

#[test]
fn what_passes_does_not_depend_on_the_verdict() {
    let (reference, accepted) = events(honest);
    assert!(accepted);
    assert_eq!(reference.len(), 2 + 4 + 36 * 3);
    let wrong_model = |connection: &mut Connection| {
        let mut rng = StdRng::seed_from_u64(2);
        Server::<Adder>::new().serve(connection, &7, &mut rng).unwrap();
    };
    for (passed, accepted) in [
        events(cheat(Cheat::Flip { slots: 1 })),
        events(cheat(Cheat::Flip { slots: 20 })),
        events(cheat(Cheat::Swap { pairs: 10 })),
        events(wrong_model),
    ] {
        assert!(!accepted);
        assert_eq!(passed, reference);
    }
}

#[test]
fn weak_batches_are_refused_before_anything_is_sent() {
    let (left, _right) = memory_pair();
    let (left, recording) = Recorded::new(left);
    let mut connection = Connection::new(left);
    let mut rng = StdRng::seed_from_u64(1);
    let mut refusal = |policy, queries: &[u64]| {
        let checks = (0..20).map(|n| Check::model_answer(n, n + SECRET)).collect();
        match Client::<Adder>::new(policy, checks).infer(&mut connection, &(), queries, &mut rng) {
            Err(Error::Misuse(misuse)) => misuse,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refusal(POLICY, &[]), Misuse::NoQueries);
    assert_eq!(
        refusal(Policy::new(10, 7, 8, 0), &[1]),
        Misuse::BelowDeclared { declared: 20, policy: 10 }
    );
    assert_eq!(
        refusal(Policy::new(20, 7, 30, 0), &[1]),
        Misuse::TooFewChecks { needed: 30, available: 20 }
    );
    let weak = refusal(Policy::new(20, 2, 8, 0), &[1, 2]).to_string();
    assert!(weak.contains("would do") && weak.contains("copies = "), "{weak}");
    assert!(recording.events().is_empty());
}

#[test]
fn another_protocol_version_or_mode_is_told_apart() {
    let plain = |connection: &mut Connection| {
        let mut rng = StdRng::seed_from_u64(2);
        semi_honest::serve::<Adder, _>(&mut (), connection, &SECRET, &mut rng).unwrap_err();
    };
    let said = incompatible(against(memory_pair(), plain));
    assert!(said.contains("refuses a hardened run; it serves a semi-honest run"), "{said}");
    let small = |connection: &mut Connection| {
        let mut rng = StdRng::seed_from_u64(2);
        let mut server = Server::<Adder>::new().max_slots(10);
        server.serve(connection, &SECRET, &mut rng).unwrap_err();
    };
    let said = incompatible(against(memory_pair(), small));
    assert!(said.contains("a batch of 36 executions; it takes 1 to 10"), "{said}");
}

/// A version that has other messages is told by its number alone.
#[test]
fn another_version_of_the_wire_is_nobodys_fault() {
    let (left, mut right) = memory_pair();
    right.send([&[2, 0, 0, 0, 0, 0, 0, 0, 0, 99][..], b"something else"].concat()).unwrap();
    let said = incompatible(ask(&mut Connection::new(left)));
    assert!(said.contains("Fusion's wire version differs: here 4, there 99"), "{said}");
    let (mut left, right) = memory_pair();
    left.send([&[1, 0, 0, 0, 0, 0, 0, 0, 0, 99][..], b"something else"].concat()).unwrap();
    let mut rng = StdRng::seed_from_u64(2);
    let error = Server::<Adder>::new().serve(&mut Connection::new(right), &SECRET, &mut rng);
    assert!(matches!(error, Err(Error::Incompatible(_))), "{error:?}");
    // The client is told the server's version.
    let welcome = left.recv(Duration::from_secs(1)).unwrap();
    assert_eq!((welcome[0], welcome[9]), (2, 4));
}

#[test]
fn the_plain_protocol_runs_for_comparison() {
    let (mut left, mut right) = Connection::pair();
    let (answers, costs) = thread::scope(|scope| {
        scope.spawn(move || {
            let mut rng = StdRng::seed_from_u64(2);
            semi_honest::serve::<Adder, _>(&mut (), &mut right, &SECRET, &mut rng).unwrap();
        });
        let mut rng = StdRng::seed_from_u64(1);
        semi_honest::infer::<Adder, _>(&mut (), &mut left, &(), &[5, 6], &mut rng).unwrap()
    });
    assert_eq!(answers, [1005, 1006]);
    assert_eq!(costs.of_stage(Stage::Online).rounds, 2);
}

/// A server that speaks raw frames: `script` sees the channel after a correct handshake.
fn hostile(script: impl FnOnce(&mut dyn Channel) + Send) -> Answer {
    let (left, mut right) = memory_pair();
    let limits = Limits { message: Duration::from_millis(200), phase: Duration::from_secs(2) };
    thread::scope(|scope| {
        scope.spawn(move || {
            let hello = right.recv(Duration::from_secs(1)).unwrap();
            right.send(welcome_for(&hello)).unwrap();
            script(&mut right);
            // The client notices by itself; the link stays open until it has.
            thread::sleep(Duration::from_millis(400));
        });
        ask(&mut Connection::with_limits(left, limits))
    })
}

/// A correct welcome: the hello up to its mode names the same protocol, version and schedule.
fn welcome_for(hello: &[u8]) -> Vec<u8> {
    let identity = 9 + 1 + 6 + 1 + 1 + 2 * 2;
    let mut frame = hello[..identity].to_vec();
    frame[0] = 2;
    // One lane, the nonce, no refusal.
    frame.push(1);
    frame.extend_from_slice(&[0; 16]);
    frame.push(0);
    frame
}

const DATA: u8 = 3;

fn online(payload: &[u8], slot: u8) -> Vec<u8> {
    [&[DATA, 1, 0, slot, 0, 0, 0, 0, 0], payload].concat()
}

fn digest(channel: &mut dyn Channel) {
    let frame = [&[4, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0][..], &[0; 64]].concat();
    channel.send(frame).unwrap();
}

#[test]
fn every_malformed_frame_is_named_by_phase_and_reason() {
    let malformed = |frame: Vec<u8>| {
        let (place, what) = misbehaved(hostile(move |channel| {
            digest(channel);
            channel.send(frame).unwrap();
        }));
        assert_eq!((place.phase(), place.slot()), (Some(1), Some(0)));
        what
    };
    assert_eq!(malformed(vec![DATA, 1]), Malformed::NoHeader(2));
    assert_eq!(malformed(vec![99, 0, 0, 0, 0, 0, 0, 0, 0]), Malformed::UnknownKind(99));
    assert_eq!(malformed(online(&[], 0)), Malformed::Empty);
    assert_eq!(malformed(online(&[0; 9], 0)), Malformed::Trailing(1));
    assert!(matches!(malformed(online(&[0; 8], 5)), Malformed::OutOfOrder { .. }));
    let oversized = malformed(online(&vec![0; (1 << 20) + 64], 0));
    assert!(matches!(oversized, Malformed::Channel(_)), "{oversized}");
}

#[test]
fn a_garbage_digest_and_a_garbage_welcome_do_not_decode() {
    let (_, said) = misbehaved(hostile(|channel| {
        channel.send(vec![4, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 1]).unwrap();
    }));
    assert_eq!(said.to_string(), "the digest message does not decode");
    let (left, mut right) = memory_pair();
    right.send(vec![2, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff]).unwrap();
    let (place, said) = misbehaved(ask(&mut Connection::new(left)));
    assert!(place.is_handshake());
    assert_eq!(said.to_string(), "the welcome message does not decode");
}

#[test]
fn silence_and_early_close_are_errors_in_time() {
    let error = hostile(digest).unwrap_err().to_string();
    assert!(error.contains("online phase") && error.contains("sent nothing"), "{error}");
    let (left, right) = memory_pair();
    drop(right);
    let error = ask(&mut Connection::new(left)).unwrap_err().to_string();
    assert!(error.contains("handshake: the peer closed the connection"), "{error}");
}

#[test]
fn a_peer_that_dribbles_is_not_waited_for_beyond_the_phase() {
    let error = hostile(|channel| {
        digest(channel);
        // Every answer comes within the limit for a message, all 36 would take over five seconds.
        for slot in 0..36 {
            thread::sleep(Duration::from_millis(150));
            if channel.send(online(&[0; 8], slot)).is_err() {
                break;
            }
        }
    });
    let Err(Error::Io { place, .. }) = error else { panic!("{error:?}") };
    assert_eq!(place.phase(), Some(1));
    assert!(place.slot().unwrap() > 5, "{place}");
}

#[test]
fn both_parties_may_write_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let wait = Duration::from_secs(10);
    let mut left = TcpChannel::connect(listener.local_addr().unwrap(), wait).unwrap();
    let mut right = TcpChannel::new(listener.accept().unwrap().0, wait).unwrap();
    // 32 MB each way, far beyond what sockets buffer, before anyone reads.
    for channel in [&mut left, &mut right] {
        (0..32).for_each(|n| channel.send(vec![n; 1 << 20]).unwrap());
    }
    for channel in [&mut left, &mut right] {
        (0..32).for_each(|n| assert_eq!(channel.recv(wait).unwrap(), vec![n; 1 << 20]));
    }
}

#[test]
fn a_truncated_or_oversized_tcp_frame_is_refused() {
    use fusion_core::ChannelError;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for (bytes, expected) in [
        (&[5, 0, 0, 0, 1, 2][..], ChannelError::Truncated),
        (&[5, 0][..], ChannelError::Truncated),
        (&[0xff, 0xff, 0xff, 0xff][..], ChannelError::TooLong(0xffff_ffff)),
    ] {
        let mut peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let wait = Duration::from_secs(5);
        let mut channel = TcpChannel::new(listener.accept().unwrap().0, wait).unwrap();
        peer.write_all(bytes).unwrap();
        drop(peer);
        assert_eq!(channel.recv(wait), Err(expected));
    }
}
