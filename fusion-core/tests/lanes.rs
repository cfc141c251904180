//! Slots under way at once: numbers of lanes that differ, peers that misbehave, what is reported.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Read, Write},
    thread,
    time::{Duration, Instant},
};

use fusion_core::{
    Channel, ChannelError, Check, Client, ClientLanes, ClientRun, ClientSide, Connection, Costs,
    Declaration, Declared, Error, Exact, Kept, Limits, Malformed, PhaseError, Place, Policy,
    Rejection, SemiHonest, Server, ServerLanes, ServerRun, ServerSide, Stage, StateError, Step,
    channel::{Emulated, Incoming, Network, Outgoing, TcpChannel, memory_pair},
    misbehave::{At, Cheat, Cheating, CheatingServer, Event, Fault, Faulty, Recorded},
    semi_honest,
};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Three questions per slot; the first carries a mask from the offline phase. With `C` lanes at the
/// client and `S` at the server.
struct Walk<const C: usize, const S: usize>;

impl<const C: usize, const S: usize> Declared for Walk<C, S> {
    const DECLARATION: Declaration = Declaration::new(10);
}

impl<const C: usize, const S: usize> SemiHonest for Walk<C, S> {
    const NAME: &'static str = "walk";

    type Agreement = Exact;
}

/// How a party's own code fails.
#[derive(Debug)]
enum Broken {
    Io(io::Error),
    OnPurpose,
}

impl From<io::Error> for PhaseErr {
    fn from(error: io::Error) -> Self {
        Self(PhaseError::Protocol(Broken::Io(error)))
    }
}

struct PhaseErr(PhaseError<Broken>);

impl From<PhaseErr> for PhaseError<Broken> {
    fn from(error: PhaseErr) -> Self {
        error.0
    }
}

fn put(to: &mut impl Write, value: u64) -> Result<(), PhaseErr> {
    Ok(to.write_all(&value.to_le_bytes())?)
}

fn get(from: &mut impl Read) -> Result<u64, PhaseErr> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

impl<const C: usize, const S: usize> ClientSide for Walk<C, S> {
    const CLIENT_STEPS: &'static [Step] =
        &[Step::new(Stage::Offline, "offer"), Step::new(Stage::Online, "ask")];
    const CLIENT_LANES: usize = C;

    type Client = ();
    type ClientContext = ();
    type Query = u64;
    type Output = u64;
    type ClientError = Broken;
    type ClientSetup = ();
    type ClientState = Kept<u64>;

    async fn client_step(
        step: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> Result<(), PhaseError<Broken>> {
        if step == 0 {
            let mask = run.rng.next_u64();
            put(run.wire, mask)?;
            run.state.put(mask);
            return Ok(());
        }
        let mut at = run.batch.query()?.wrapping_add(run.state.take()?);
        for _ in 0..3 {
            put(run.wire, at)?;
            at = get(run.wire)?;
        }
        run.outputs.push(at);
        Ok(())
    }

    fn fork_client((): &()) -> Option<()> {
        Some(())
    }

    fn client_lanes(lanes: ClientLanes<'_, Self>) -> Result<(), Error<Broken>> {
        if C == ONE_BY_ONE { lanes.one_by_one() } else { lanes.concurrently() }
    }
}

/// A client with so many lanes uses the driver's default, which is one after the other.
const ONE_BY_ONE: usize = 3;

/// What a server does besides walking.
#[derive(Clone, Default)]
enum Habit {
    #[default]
    Good,
    /// Fails in the online phase of the slots from this one on.
    FailsFrom(usize),
    Panics,
    /// Changes what setup left.
    ChangesSetup,
    /// Sleeps in each of the first two slots.
    Sleeps(Duration),
}

impl<const C: usize, const S: usize> ServerSide for Walk<C, S> {
    const SERVER_STEPS: &'static [Step] =
        &[Step::new(Stage::Offline, "accept"), Step::new(Stage::Online, "answer")];
    const SERVER_LANES: usize = S;

    type Server = Habit;
    type ServerContext = u64;
    type ServerError = Broken;
    type ServerSetup = ();
    type ServerState = Kept<u64>;

    async fn server_step(
        step: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<Broken>> {
        if step == 0 {
            run.state.put(get(run.wire)?);
            return Ok(());
        }
        match run.party {
            Habit::FailsFrom(slot) if run.batch.slot() >= *slot => {
                return Err(PhaseError::Protocol(Broken::OnPurpose));
            }
            Habit::Panics if run.batch.slot() == 3 => panic!("on purpose"),
            Habit::ChangesSetup => run.setup.get_mut().copied()?,
            Habit::Sleeps(time) if run.batch.slot() < 2 => thread::sleep(*time),
            _ => {}
        }
        let mut mask = run.state.take()?;
        for _ in 0..3 {
            let at = get(run.wire)?.wrapping_sub(std::mem::take(&mut mask));
            put(run.wire, at.wrapping_add(*run.context))?;
        }
        Ok(())
    }

    fn fork_server(habit: &Habit) -> Option<Habit> {
        Some(habit.clone())
    }

    fn server_lanes(lanes: ServerLanes<'_, Self>) -> Result<(), Error<Broken>> {
        lanes.concurrently()
    }
}

const STEP: u64 = 10;
const QUERIES: [u64; 4] = [1, 2, 3, 4];
/// 4 x 5 + 4 = 24 slots.
const POLICY: Policy = Policy::new(10, 5, 4, 0);
const SLOTS: u64 = 24;
const LIMITS: Limits =
    Limits { message: Duration::from_millis(800), phase: Duration::from_secs(20) };

/// The client is the first to lose patience.
const PATIENT: Limits = Limits { message: Duration::from_secs(3), ..LIMITS };

type Answer = Result<(Vec<u64>, Costs), Error<Broken>>;

fn ask<const C: usize>(channel: impl Channel) -> Answer {
    let checks = (100..110).map(|x| Check::model_answer(x, x + 3 * STEP)).collect();
    let mut client = Client::<Walk<C, 1>>::new(POLICY, checks);
    let mut connection = Connection::with_limits(channel, LIMITS);
    let mut rng = StdRng::seed_from_u64(1);
    let answers = client.infer(&mut connection, &(), &QUERIES, &mut rng)?;
    let costs = answers.report().costs.clone();
    Ok((answers.into_inner(), costs))
}

fn serve<const S: usize>(channel: impl Channel, habit: Habit) -> Result<Costs, Error<Broken>> {
    let mut connection = Connection::with_limits(channel, PATIENT);
    let mut server = Server::<Walk<1, S>>::with(habit);
    server.serve(&mut connection, &STEP, &mut StdRng::seed_from_u64(2))
}

/// A client with `C` lanes against a server with `S`.
fn run<const C: usize, const S: usize>(
    (left, right): (impl Channel, impl Channel),
    habit: Habit,
) -> (Answer, Result<Costs, Error<Broken>>) {
    thread::scope(|scope| {
        let server = scope.spawn(move || serve::<S>(right, habit));
        (ask::<C>(left), server.join().unwrap())
    })
}

fn honest<const C: usize, const S: usize>(channels: (impl Channel, impl Channel)) -> [Costs; 2] {
    let (answer, server) = run::<C, S>(channels, Habit::Good);
    let (answers, costs) = answer.unwrap();
    assert_eq!(answers, [31, 32, 33, 34]);
    [costs, server.unwrap()]
}

fn online(costs: &Costs) -> u64 {
    costs.of_stage(Stage::Online).rounds
}

#[test]
fn the_numbers_of_lanes_are_each_partys_own_affair() {
    honest::<1, 1>(memory_pair());
    honest::<1, 4>(memory_pair());
    honest::<4, 1>(memory_pair());
    honest::<3, 16>(memory_pair());
    honest::<64, 2>(memory_pair());
    honest::<100, 64>(memory_pair());
}

#[test]
fn rounds_overlap() {
    let network = Network { round_trip: Duration::from_millis(20), ..Network::WAN };
    let over = || {
        let (left, right) = memory_pair();
        (Emulated::new(left, network), Emulated::new(right, network))
    };
    let alone = honest::<1, 1>(memory_pair());
    // Three per slot, and one for the last digests.
    assert_eq!(alone.each_ref().map(online), [3 * SLOTS + 1, 3 * SLOTS + 1]);
    // A lane that is quicker takes more slots, so one may have a few more than its share.
    for (lanes, costs) in [(4, honest::<4, 4>(over())), (8, honest::<8, 8>(over()))] {
        let share = 3 * SLOTS / lanes + 1;
        for costs in &costs {
            assert!((share..=share + 9).contains(&online(costs)), "{lanes} lanes: {costs}");
        }
        let bytes = |costs: &[Costs; 2]| {
            costs.each_ref().map(Costs::total).map(|total| (total.sent, total.received))
        };
        assert_eq!(bytes(&costs), bytes(&alone), "bytes do not depend on lanes");
    }
}

#[test]
fn it_works_over_sockets() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let wait = Duration::from_secs(5);
    let left = TcpChannel::connect(listener.local_addr().unwrap(), wait).unwrap();
    let right = TcpChannel::new(listener.accept().unwrap().0, wait).unwrap();
    honest::<4, 3>((Emulated::new(left, Network::LAN), Emulated::new(right, Network::LAN)));
}

#[test]
fn the_plain_protocol_runs_in_lanes_too() {
    // With a delay, so that lanes overlap whoever is scheduled first.
    let (left, right) = memory_pair();
    let [mut left, mut right] =
        [left, right].map(|end| Connection::new(Emulated::new(end, Network::WAN)));
    let (answers, costs) = thread::scope(|scope| {
        scope.spawn(move || {
            let mut rng = StdRng::seed_from_u64(2);
            let mut habit = Habit::Good;
            semi_honest::serve::<Walk<4, 4>, _>(&mut habit, &mut right, &STEP, &mut rng).unwrap();
        });
        let mut rng = StdRng::seed_from_u64(1);
        let queries: Vec<u64> = (0..20).collect();
        semi_honest::infer::<Walk<4, 4>, _>(&mut (), &mut left, &(), &queries, &mut rng).unwrap()
    });
    assert_eq!(answers, (30..50).collect::<Vec<u64>>());
    assert!(online(&costs) < 60, "{costs}");
}

#[test]
fn a_party_without_lanes_is_told_so_in_the_handshake() {
    let (left, right) = memory_pair();
    let (answer, server) = thread::scope(|scope| {
        let server = scope.spawn(move || serve::<4>(right, Habit::Good));
        let checks = (100..110).map(|x| Check::model_answer(x, x)).collect();
        let mut client = Client::<Walk<0, 0>>::new(POLICY, checks);
        let mut rng = StdRng::seed_from_u64(1);
        let answer = client.infer(&mut Connection::new(left), &(), &QUERIES, &mut rng);
        (answer.map(drop), server.join().unwrap())
    });
    let (answer, server) = (answer.unwrap_err().to_string(), server.unwrap_err().to_string());
    assert!(answer.contains("the schedule of phases differs"), "{answer}");
    assert!(server.contains("here offline (lanes), online (lanes)"), "{server}");
}

/// A channel whose outgoing frames pass through `script`; it breaks off when that gives `None`.
struct Scripted<C, F> {
    inner: C,
    script: F,
}

trait Script: FnMut(Vec<u8>) -> Option<Vec<Vec<u8>>> + Send + 'static {}

impl<F: FnMut(Vec<u8>) -> Option<Vec<Vec<u8>>> + Send + 'static> Script for F {}

impl<C: Channel, F: Script> Channel for Scripted<C, F> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        let frames = (self.script)(frame).ok_or(ChannelError::Closed)?;
        frames.into_iter().try_for_each(|frame| self.inner.send(frame))
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        self.inner.recv(wait)
    }

    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        let Self { inner, script } = *self;
        let (inner, incoming) = Box::new(inner).split();
        (Box::new(Scripted { inner, script }), incoming)
    }
}

impl<F: Script> Outgoing for Scripted<Box<dyn Outgoing>, F> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        let frames = (self.script)(frame).ok_or(ChannelError::Closed)?;
        frames.into_iter().try_for_each(|frame| self.inner.send(frame))
    }
}

/// Data of the online phase, of this slot.
fn is_answer(frame: &[u8], slot: u8) -> bool {
    frame.starts_with(&[3, 1, 0, slot, 0, 0, 0])
}

/// What a client with four lanes says to a server that changes what it sends.
fn against(script: impl Script) -> Error<Broken> {
    let (left, right) = memory_pair();
    let began = Instant::now();
    let (answer, server) = run::<4, 4>((left, Scripted { inner: right, script }), Habit::Good);
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
    assert!(server.is_err());
    answer.unwrap_err()
}

fn malformed(error: Error<Broken>) -> (Place, Malformed) {
    match error {
        Error::Misbehaved { place, what } => (place, what),
        other => panic!("{other:?}"),
    }
}

#[test]
fn frames_that_belong_to_no_slot_are_named() {
    let first = |change: fn(&mut Vec<u8>)| {
        against(move |mut frame| {
            if is_answer(&frame, 2) {
                change(&mut frame);
            }
            Some(vec![frame])
        })
    };
    for (change, got) in [
        ((|frame| frame[4] = 1) as fn(&mut Vec<u8>), "data of phase 1, slot 258"),
        (|frame| frame[3..7].fill(0xff), "data of phase 1"),
        (|frame| frame[1] = 0, "data of phase 0, slot 2"),
        (|frame| frame[1] = 7, "data of phase 7, slot 2"),
        (|frame| frame[0] = 4, "the digests of phase 1"),
    ] {
        let (place, reason) = malformed(first(change));
        assert_eq!((place.phase(), place.slot()), (Some(1), None));
        let expected = "data of phase 1, of one of its 24 slots".into();
        assert_eq!(reason, Malformed::OutOfOrder { expected, got: got.into() });
    }
    for (change, reason) in [
        ((|frame| frame.truncate(3)) as fn(&mut Vec<u8>), Malformed::NoHeader(3)),
        (|frame| frame[0] = 77, Malformed::UnknownKind(77)),
    ] {
        let (place, found) = malformed(first(change));
        assert_eq!((place.phase(), place.slot(), found), (Some(1), None, reason));
    }
    let (place, reason) = malformed(first(|frame| frame.truncate(9)));
    assert_eq!((place.phase(), place.slot(), reason), (Some(1), Some(2), Malformed::Empty));
}

#[test]
fn data_that_nobody_asked_for_is_named_by_its_slot() {
    // Three answers too many, whether they come before the slot is done or after.
    let error = against(|frame| {
        let copies = if is_answer(&frame, 5) { 2 } else { 1 };
        Some(vec![frame; copies])
    });
    let (place, reason) = malformed(error);
    assert_eq!((place.phase(), place.slot()), (Some(1), Some(5)));
    assert!(matches!(reason, Malformed::Trailing(8 | 16 | 24)), "{reason}");
    // For a slot that was done long ago.
    let error = against(|frame| {
        let mut frames = vec![frame];
        if is_answer(&frames[0], 20) {
            frames.push([&[3, 1, 0, 0, 0, 0, 0, 0, 0][..], &[1; 8]].concat());
        }
        Some(frames)
    });
    let (place, reason) = malformed(error);
    assert_eq!((place.phase(), place.slot()), (Some(1), Some(0)));
    assert_eq!(reason, Malformed::Trailing(8));
}

#[test]
fn a_peer_that_dies_or_falls_silent_is_noticed() {
    let error = against(|frame| if is_answer(&frame, 9) { None } else { Some(vec![frame]) });
    let Error::Io { place, source: ChannelError::Closed } = error else { panic!("{error:?}") };
    assert_eq!((place.phase(), place.slot()), (Some(1), None));
    // Slot 9 and those that follow it in its lane never come; the other lanes go on to the end.
    let error = against(|frame| Some(if is_answer(&frame, 9) { Vec::new() } else { vec![frame] }));
    let Error::Io { place, source: ChannelError::Silent(time) } = error else {
        panic!("{error:?}")
    };
    assert_eq!((place.phase(), place.slot(), time), (Some(1), Some(9), LIMITS.message));
}

#[test]
fn a_link_that_changes_bytes_is_named_by_phase() {
    for phase in [0, 1] {
        let (left, right) = memory_pair();
        let (answer, server) =
            run::<4, 2>((Faulty::new(left, Fault::Flip, At::data(phase)), right), Habit::Good);
        for error in [answer.map(drop).unwrap_err(), server.map(drop).unwrap_err()] {
            let (Error::Rejected { reason: Rejection::Transcript { place }, .. }
            | Error::Misbehaved { place, what: Malformed::OtherTranscript }) = error
            else {
                panic!("{error:?}")
            };
            assert_eq!((place.phase(), place.slot()), (Some(usize::from(phase)), None));
        }
    }
}

#[test]
fn a_garbage_digest_does_not_decode() {
    let error = against(|mut frame| {
        if frame.starts_with(&[4, 0, 0]) {
            frame.truncate(20);
        }
        Some(vec![frame])
    });
    let (place, reason) = malformed(error);
    assert_eq!((place.phase(), reason), (Some(1), Malformed::Undecodable("digest")));
}

#[test]
fn the_error_of_the_lowest_slot_is_reported_and_all_stop() {
    let began = Instant::now();
    let (answer, server) = run::<4, 4>(memory_pair(), Habit::FailsFrom(6));
    assert!(began.elapsed() < PATIENT.message, "nobody waits for the limit");
    let error = server.unwrap_err();
    let Error::Protocol { place, source: Broken::OnPurpose } = error else { panic!("{error:?}") };
    // Lanes stop at once, so higher slots may have failed first.
    assert!(place.phase() == Some(1) && place.slot().is_some_and(|slot| slot >= 6), "{place}");
    let error = answer.map(drop).unwrap_err();
    assert!(matches!(error, Error::Io { source: ChannelError::Closed, .. }), "{error:?}");
    // All of the first four fail, if each is begun before another has failed.
    let (_, server) = run::<4, 1>(memory_pair(), Habit::FailsFrom(0));
    assert!(server.unwrap_err().to_string().contains("slot 0"));
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::OnPurpose => f.write_str("on purpose"),
        }
    }
}

impl std::error::Error for Broken {}

#[test]
fn a_panic_in_a_lane_is_named_and_holds_nobody_up() {
    let began = Instant::now();
    let (left, right) = memory_pair();
    thread::scope(|scope| {
        let server = scope.spawn(move || serve::<4>(right, Habit::Panics));
        let error = ask::<4>(left).unwrap_err();
        assert!(matches!(error, Error::Io { source: ChannelError::Closed, .. }), "{error:?}");
        let Err(Error::Panicked { message, .. }) = server.join().unwrap() else {
            panic!("no panic")
        };
        assert_eq!(message, "on purpose");
    });
    assert!(began.elapsed() < PATIENT.message);
}

#[test]
fn what_setup_left_cannot_be_changed_in_lanes() {
    let (_, server) = run::<2, 2>(memory_pair(), Habit::ChangesSetup);
    let error = server.unwrap_err();
    let Error::Internal { place, reason } = error else { panic!("{error:?}") };
    assert_eq!((place.phase(), reason), (Some(1), StateError::Shared.to_string()));
}

/// A server with one lane keeps the client's others waiting for longer than the limit for a
/// message, but is never silent for that long.
#[test]
fn a_peer_with_fewer_lanes_is_not_silent() {
    let time = LIMITS.message.mul_f64(0.6);
    let (answer, server) = run::<24, 1>(memory_pair(), Habit::Sleeps(time));
    assert_eq!(answer.unwrap().0, [31, 32, 33, 34]);
    assert!(server.unwrap().of_stage(Stage::Online).time > LIMITS.message);
}

/// The client's frames of each slot, in order, and how many others there are.
fn sent(serve: impl FnOnce(&mut Connection) + Send) -> BTreeMap<Option<u32>, Vec<Event>> {
    let (left, right) = memory_pair();
    let (left, recording) = Recorded::new(left);
    thread::scope(|scope| {
        scope.spawn(move || serve(&mut Connection::new(right)));
        let _ = ask::<4>(left);
    });
    let mut slots: BTreeMap<_, Vec<Event>> = BTreeMap::new();
    for event in recording.events().into_iter().filter(|event| event.sent) {
        slots.entry(event.slot).or_default().push(event);
    }
    slots
}

#[test]
fn what_the_client_sends_does_not_depend_on_the_verdict() {
    let fair = sent(|connection| {
        let mut rng = StdRng::seed_from_u64(2);
        Server::<Walk<1, 4>>::with(Habit::Good).serve(connection, &STEP, &mut rng).unwrap();
    });
    assert_eq!(fair.len(), 25);
    for cheat in [Cheat::Flip { slots: 1 }, Cheat::Flip { slots: 24 }, Cheat::Swap { pairs: 9 }] {
        let cheated = sent(move |connection| {
            let party = CheatingServer::new(Habit::Good, cheat);
            let mut rng = StdRng::seed_from_u64(2);
            let mut server = Server::<Cheating<Walk<1, 4>>>::with(party);
            server.serve(connection, &STEP, &mut rng).unwrap();
        });
        assert_eq!(cheated, fair);
    }
}
