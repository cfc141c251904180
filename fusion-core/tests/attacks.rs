//! The misbehaving-peer kit on small protocols: what each fault ends in, and the battery.

use std::{
    io::{self, Read, Write},
    thread,
    time::Duration,
};

use fusion_core::{
    ChannelError, Check, Client, Connection, Error, Limits, Malformed, Policy, Rejection,
    SemiHonest, Server,
    channel::memory_pair,
    misbehave::{At, Cheat, Cheating, CheatingServer, Event, Fault, Faulty, Recorded},
    testing::{self, Subject, assert_hardened},
};
use fusion_macros as fusion;
use proptest::prelude::*;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

/// Both parties speak in every phase; the server multiplies.
#[fusion::harden(soundness = 10, privacy = public, executions = isolated, crate = fusion_core)]
struct Slots;

struct Mask(i64);

#[fusion::harden(crate = fusion_core)]
impl Slots {
    #[fusion::client(offline)]
    fn offer(channel: &mut (impl Read + Write), rng: &mut impl Rng) -> io::Result<Mask> {
        let mask = rng.random();
        put(channel, mask)?;
        get(channel).map(|part| Mask(mask ^ part))
    }

    #[fusion::server(offline)]
    fn accept(channel: &mut (impl Read + Write)) -> io::Result<Mask> {
        let mask = get(channel)?;
        put(channel, 5)?;
        Ok(Mask(mask ^ 5))
    }

    #[fusion::client(online, query = x)]
    fn ask(mask: Mask, x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
        put(channel, x.wrapping_add(mask.0))?;
        get(channel)
    }

    #[fusion::server(online)]
    fn answer(factor: &i64, mask: Mask, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?.wrapping_sub(mask.0);
        put(channel, x.wrapping_mul(*factor))
    }
}

/// The same without masks, all slots at once.
#[fusion::harden(soundness = 10, privacy = public, executions = isolated, crate = fusion_core)]
struct Batch;

#[fusion::harden(crate = fusion_core)]
impl Batch {
    #[fusion::client(online, batch, query = xs)]
    fn ask(xs: &[i64], channel: &mut (impl Read + Write)) -> io::Result<Vec<i64>> {
        xs.iter().try_for_each(|x| put(channel, *x))?;
        xs.iter().map(|_| get(channel)).collect()
    }

    #[fusion::server(online, batch)]
    fn answer(factor: &i64, slots: usize, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let xs: Vec<i64> = (0..slots).map(|_| get(channel)).collect::<io::Result<_>>()?;
        xs.iter().try_for_each(|x| put(channel, x.wrapping_mul(*factor)))
    }
}

fn put(to: &mut impl Write, value: i64) -> io::Result<()> {
    to.write_all(&value.to_le_bytes())
}

fn get(from: &mut impl Read) -> io::Result<i64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(i64::from_le_bytes(bytes))
}

const FACTOR: i64 = 3;
const QUERIES: [i64; 4] = [1, 2, 3, 40];

fn checks() -> Vec<Check<i64, i64>> {
    (100..120).map(|x| Check::model_answer(x, x * FACTOR)).collect()
}

/// How a run ends for both parties if `fault` happens to what one of them sends.
fn ends(fault: Fault, at: At, servers: bool) -> [Result<(), Error<io::Error>>; 2] {
    // The one who hears is the first to lose patience.
    let limits = |ms| Limits { message: Duration::from_millis(ms), phase: Duration::from_secs(9) };
    let (hears, speaks) = (limits(150), limits(1500));
    let (here, there) = memory_pair();
    let (mut here, mut there) = if servers {
        let there = Faulty::new(there, fault, at);
        (Connection::with_limits(here, hears), Connection::with_limits(there, speaks))
    } else {
        let here = Faulty::new(here, fault, at);
        (Connection::with_limits(here, speaks), Connection::with_limits(there, hears))
    };
    thread::scope(|scope| {
        let server = scope.spawn(move || {
            let served =
                Server::<Slots>::new().serve(&mut there, &FACTOR, &mut StdRng::seed_from_u64(2));
            (served.map(drop), there)
        });
        let mut client = Client::<Slots>::new(Policy::new(10, 5, 4, 0), checks());
        let answers = client.infer(&mut here, &(), &QUERIES, &mut StdRng::seed_from_u64(1));
        let answers = answers.map(|answers| assert_eq!(*answers, QUERIES.map(|x| x * FACTOR)));
        // Both ends stay open until both parties are done.
        let (served, _there) = server.join().unwrap();
        [answers, served]
    })
}

/// The victim's error, in short.
fn short(end: &Result<(), Error<io::Error>>) -> String {
    match end {
        Ok(()) => "fine".into(),
        Err(
            Error::Rejected { reason: Rejection::Transcript { place }, .. }
            | Error::Misbehaved { place, what: Malformed::OtherTranscript },
        ) => {
            format!("transcript {}", place.phase().unwrap())
        }
        Err(Error::Misbehaved { place, what }) => {
            let what = match what {
                Malformed::OutOfOrder { .. } => "order",
                Malformed::Trailing(_) => "trailing",
                Malformed::Undecodable(_) => "undecodable",
                other => panic!("{other}"),
            };
            format!("{what} {}", place.phase().unwrap())
        }
        Err(Error::Io { place, source }) => {
            let what = match source {
                ChannelError::Silent(_) => "silent",
                ChannelError::Closed => "closed",
                other => panic!("{other}"),
            };
            format!("{what} {}", place.phase().unwrap())
        }
        Err(other) => panic!("{other}"),
    }
}

/// Every fault in every phase, on data and on digests, has one exact end at the party that hears
/// it. Digests are read with the next message, so what happens to those of phase 0 shows in phase 1.
#[test]
fn every_fault_has_its_error() {
    let table = [
        // fault, then data in phase 0 and 1 (at slot 2), then digests of phase 0 and 1
        (Fault::Flip, ["transcript 0", "transcript 1", "transcript 0", "transcript 1"]),
        (Fault::Drop, ["silent 0", "silent 1", "order 1", "silent 1"]),
        (Fault::Duplicate, ["order 0", "order 1", "order 1", "fine"]),
        (Fault::Replay, ["order 0", "order 1", "order 1", "order 1"]),
        (Fault::Reorder, ["silent 0", "silent 1", "order 1", "silent 1"]),
        (Fault::Truncate, ["silent 0", "silent 1", "undecodable 1", "undecodable 1"]),
        (Fault::Extend, ["trailing 0", "trailing 1", "undecodable 1", "undecodable 1"]),
        (Fault::Delay(Duration::from_millis(20)), ["fine", "fine", "fine", "fine"]),
        (Fault::Stall, ["silent 0", "silent 1", "silent 1", "silent 1"]),
        // Whether the client is still sending in phase 0 then is chance.
        (Fault::Close, ["closed 0", "closed 1", "closed", "closed 1"]),
    ];
    assert_eq!(table.len(), Fault::ALL.len());
    for (fault, expected) in table {
        let places =
            [At::data(0).slot(Some(2)), At::data(1).slot(Some(2)), At::digest(0), At::digest(1)];
        for (at, expected) in places.into_iter().zip(expected) {
            let [client, _] = ends(fault, at, true);
            let end = short(&client);
            assert!(end.starts_with(expected), "{fault:?} of the server's {at:?}: {end}");
        }
    }
}

/// The server hears the client's messages in the same way.
#[test]
fn the_server_tells_faults_apart_too() {
    for (fault, expected) in [
        (Fault::Flip, "transcript 1"),
        (Fault::Drop, "silent 1"),
        (Fault::Extend, "trailing 1"),
        (Fault::Duplicate, "order 1"),
        (Fault::Close, "closed 1"),
    ] {
        let [_, server] = ends(fault, At::data(1).slot(Some(2)), false);
        assert_eq!(short(&server), expected, "{fault:?}");
    }
}

#[test]
fn the_battery_finds_nothing_in_sound_protocols() {
    assert_hardened(Subject::<Slots>::new(&(), &FACTOR, &QUERIES, &checks).other_model(FACTOR + 1));
    assert_hardened(Subject::<Batch>::new(&(), &FACTOR, &QUERIES, &checks).other_model(FACTOR + 1));
}

#[test]
fn the_battery_tries_every_attack() {
    let subject = Subject::<Slots>::new(&(), &FACTOR, &QUERIES, &checks);
    let table = testing::attack(subject.other_model(FACTOR + 1).tries(1));
    let caught = |name: &str| {
        let rows = table.rows.iter().filter(|row| row.attack.contains(name));
        rows.map(|row| (row.tried, row.caught))
            .fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1))
    };
    assert_eq!(caught("wrong in"), (4, 4));
    assert_eq!(caught("wrong where"), (1, 1));
    assert_eq!(caught("no answer"), (1, 1));
    assert_eq!(caught("false digests"), (2, 2));
    assert_eq!(caught("another model"), (3, 3));
    // Two phases, data and digests; a late message is none.
    assert_eq!(caught("Delay"), (4, 0));
    assert_eq!(caught("Flip"), (4, 4));
    assert!(table.rows.iter().all(|row| row.survived == 0), "{table}");
}

/// A protocol whose answers are not always the same.
#[fusion::harden(soundness = 10, privacy = public, executions = isolated, crate = fusion_core)]
struct Unsteady;

#[fusion::harden(crate = fusion_core)]
impl Unsteady {
    #[fusion::client(online, query = x)]
    fn ask(x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
        put(channel, *x)?;
        get(channel)
    }

    #[fusion::server(online)]
    fn answer(slot: usize, factor: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x * factor + i64::from(slot == 3))
    }
}

#[test]
#[should_panic(expected = "an honest server was rejected")]
fn the_battery_refuses_a_protocol_that_is_not_deterministic() {
    assert_hardened(Subject::<Unsteady>::new(&(), &FACTOR, &QUERIES, &checks));
}

/// Honest in the first batch, with another model in the second.
#[test]
fn another_model_in_a_later_batch_is_caught_there() {
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut server = Server::<Slots>::new();
            let mut rng = StdRng::seed_from_u64(2);
            server.serve(&mut there, &FACTOR, &mut rng).unwrap();
            server.serve(&mut there, &(FACTOR + 1), &mut rng).unwrap();
        });
        let mut client = Client::<Slots>::new(Policy::new(10, 5, 4, 0), checks());
        let mut rng = StdRng::seed_from_u64(1);
        client.infer(&mut here, &(), &QUERIES, &mut rng).unwrap();
        let error = client.infer(&mut here, &(), &QUERIES, &mut rng).unwrap_err();
        assert!(error.to_string().contains("4 of 4 checks answered wrongly"), "{error}");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// In every run that comes to its end, the frames that pass are those of an honest run.
    #[test]
    fn what_passes_does_not_depend_on_the_cheat(cheat in cheats(), seed: u64) {
        prop_assert_eq!(passes::<Slots>(Some(cheat.clone()), seed), passes::<Slots>(None, 1));
        prop_assert_eq!(passes::<Batch>(Some(cheat), seed), passes::<Batch>(None, 1));
    }
}

fn cheats() -> impl Strategy<Value = Cheat> {
    prop_oneof![
        (0..30usize).prop_map(|slots| Cheat::Flip { slots }),
        proptest::collection::vec(0..24usize, 0..9).prop_map(|slots| Cheat::FlipAt { slots }),
        (0..12usize).prop_map(|pairs| Cheat::Swap { pairs }),
        (0..24usize).prop_map(|slots| Cheat::Adapt { slots }),
        (0..3usize).prop_map(|phase| Cheat::LieAboutDigests { phase }),
        (0..30usize).prop_map(|slots| Cheat::OtherModel { slots }),
    ]
}

/// Direction, length and phase of every frame that the client sends or gets.
fn passes<P>(cheat: Option<Cheat>, seed: u64) -> Vec<Event>
where
    P: SemiHonest<
            Client = (),
            Server = (),
            ClientContext = (),
            ServerContext = i64,
            Query = i64,
            Output = i64,
            ClientError = io::Error,
            ServerError = io::Error,
        >,
{
    let (here, there) = memory_pair();
    let (here, recording) = Recorded::new(here);
    let (mut here, mut there) = (Connection::new(here), Connection::new(there));
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut rng = StdRng::seed_from_u64(seed);
            match cheat {
                None => Server::<P>::new().serve(&mut there, &FACTOR, &mut rng).map(drop),
                Some(cheat) => {
                    let party = CheatingServer::new((), cheat).with_model(FACTOR + 1);
                    Server::<Cheating<P>>::with(party)
                        .serve(&mut there, &FACTOR, &mut rng)
                        .map(drop)
                }
            }
        });
        let mut client = Client::<P>::new(Policy::new(10, 5, 4, 0), checks());
        // Accepted or rejected, it comes to its end.
        let _ = client.infer(&mut here, &(), &QUERIES, &mut StdRng::seed_from_u64(seed));
    });
    recording.events()
}

/// After the last message the server learns nothing before the client hangs up, whatever the
/// verdict: its next `serve` waits all the same.
#[test]
fn a_rejection_does_not_show_in_the_connection() {
    use std::sync::atomic::{AtomicBool, Ordering};
    for factor in [FACTOR, FACTOR + 1] {
        let (mut here, mut there) = Connection::pair();
        let dropped = AtomicBool::new(false);
        thread::scope(|scope| {
            let server = scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(2);
                let mut server = Server::<Slots>::new();
                server.serve(&mut there, &factor, &mut rng).unwrap();
                let error = server.serve(&mut there, &factor, &mut rng).unwrap_err();
                (dropped.load(Ordering::SeqCst), error.to_string())
            });
            let mut client = Client::<Slots>::new(Policy::new(10, 5, 4, 0), checks());
            let mut rng = StdRng::seed_from_u64(1);
            let answers = client.infer(&mut here, &(), &QUERIES, &mut rng);
            assert_eq!(answers.is_ok(), factor == FACTOR);
            thread::sleep(Duration::from_millis(100));
            dropped.store(true, Ordering::SeqCst);
            drop(here);
            let (after_drop, error) = server.join().unwrap();
            assert!(after_drop && error.contains("closed the connection"), "{factor}: {error}");
        });
    }
}

/// Asking again after a rejection takes a word.
#[test]
fn asking_again_after_a_rejection_is_a_conscious_act() {
    let ask = |client: &mut Client<Slots>, factor: i64| {
        let (mut here, mut there) = Connection::pair();
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut rng = StdRng::seed_from_u64(2);
                // The client may refuse before it says anything.
                let _ = Server::<Slots>::new().serve(&mut there, &factor, &mut rng);
            });
            let mut rng = StdRng::seed_from_u64(1);
            let answers = client.infer(&mut here, &(), &QUERIES, &mut rng);
            let again = client.infer(&mut here, &(), &QUERIES, &mut rng);
            assert!(answers.is_ok() || again.is_err());
            drop(here);
            answers.map(drop)
        })
    };
    let mut client = Client::<Slots>::new(Policy::new(10, 5, 4, 0), checks());
    ask(&mut client, FACTOR + 1).unwrap_err();
    let refusal = ask(&mut client, FACTOR).unwrap_err().to_string();
    assert!(refusal.contains("asking again tells it so"), "{refusal}");
    client.unlatch();
    ask(&mut client, FACTOR).unwrap();
}

/// A server that fails in one slot ends the run there, whatever is in the slot.
#[test]
fn a_server_that_fails_in_one_slot_is_named_with_it() {
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            let party = CheatingServer::new((), Cheat::Fail);
            let mut server = Server::<Cheating<Slots>>::with(party);
            server.serve(&mut there, &FACTOR, &mut StdRng::seed_from_u64(2)).unwrap_err();
        });
        let mut client = Client::<Slots>::new(Policy::new(10, 5, 4, 0), checks());
        let answers = client.infer(&mut here, &(), &QUERIES, &mut StdRng::seed_from_u64(1));
        let Err(Error::Io { place, source: ChannelError::Closed }) = answers else {
            panic!("{answers:?}")
        };
        assert_eq!(place.phase(), Some(1));
        assert!(place.slot().is_some());
    });
}
