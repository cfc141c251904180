//! How a run ends is a message: it must not depend on what was asked.

use std::{
    io::{self, Read, Write},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use fusion_core::{
    Cause, Check, Client, Connection, Error, Limits, Misuse, Planner, Policy, Rejection, Sample,
    Server,
    testing::{Subject, assert_hardened, attack},
};
use fusion_macros as fusion;
use rand::{Rng, RngExt};

use super::{get, put, run, states};

/// What the client's own code does with an answer that is none.
#[derive(Debug)]
enum Failed {
    Io,
    NoSuchLabel(u64),
}

impl From<io::Error> for Failed {
    fn from(_: io::Error) -> Self {
        Self::Io
    }
}

/// What the server does to the answers of one slot, and what it saw.
#[derive(Default)]
struct Spy {
    slot: usize,
    shift: u64,
    /// Whether it keeps back half of the answer in that slot.
    withholds: bool,
    served: Mutex<usize>,
}

states!(Labels, Malicious, Isolated);

/// Hides x perfectly; labels are x / 4, and below 64.
#[fusion::harden(crate = fusion_core)]
impl Labels {
    #[fusion::client(online, query = x)]
    fn ask(x: u64, channel: &mut (impl Read + Write), rng: &mut impl Rng) -> Result<u64, Failed> {
        let mask: u64 = rng.random();
        put(channel, x.wrapping_add(mask))?;
        let label = get(channel)?.wrapping_sub(mask);
        get(channel)?;
        // As anybody writes it.
        if label < 256 { Ok(label) } else { Err(Failed::NoSuchLabel(label)) }
    }

    #[fusion::server(online)]
    fn answer(spy: &Spy, slot: usize, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        *spy.served.lock().unwrap() += 1;
        put(channel, x.wrapping_add(if slot == spy.slot { spy.shift } else { 0 }))?;
        put(channel, 0)
    }
}

fn labels() -> Vec<Check<u64, u64>> {
    (0..60).map(|x| Check::model_answer(x, x)).collect()
}

fn client(queries: usize) -> Client<Labels> {
    Client::new(Policy::against_blind_tampering(20, queries).unwrap(), labels())
}

/// The server shifts one slot's answer so that it is out of range exactly if the query is large. It sees
/// all slots served and the same end either way; the client has a verdict.
#[test]
fn an_answer_that_does_not_decode_is_sealed() {
    for (query, decodes) in [(20, true), (200, false)] {
        let slots = client(1).session().batches();
        assert_eq!(slots, 0);
        let batch = Policy::against_blind_tampering(20, 1).unwrap().parameters(1).unwrap();
        for slot in [0, 1, batch.slots() - 1] {
            let spy = Spy { slot, shift: 100, ..Spy::default() };
            let mut client = client(1);
            let (answers, ended) = run(&mut client, &spy, &[query]);
            assert!(ended, "the server came to its end");
            assert_eq!(*spy.served.lock().unwrap(), batch.slots());
            let error = answers.map(|_| ()).unwrap_err();
            assert!(!error.may_retry());
            let Error::Rejected { reason, failures, report } = error else { panic!("{error:?}") };
            assert!(report.rejection.is_some());
            match failures.as_slice() {
                [failure] => {
                    // Checks are small, so that only the query can be out of range.
                    assert!(!decodes && failure.of == Sample::Query(0));
                    assert!(matches!(failure.cause, Cause::Error(Failed::NoSuchLabel(300))));
                    assert_eq!(reason, Rejection::Disagreement { queries: vec![0], unread: 1 });
                }
                others => assert!(others.is_empty()),
            }
            let again = run(&mut client, &spy, &[query]).0.map(drop).unwrap_err();
            assert!(matches!(again, Error::Misuse(Misuse::Latched)), "{again:?}");
        }
    }
}

/// The same with an answer of which a part is missing or too much: the slot is not over for the client
/// before it has heard as much as in others, whether its code failed or not.
#[test]
fn the_battery_looks_at_ends() {
    let queries = [3, 5];
    let spy = Spy { slot: usize::MAX, ..Spy::default() };
    let checks = labels;
    let subject = Subject::<Labels>::new(&(), &spy, &queries, &checks);
    assert_hardened(subject.tries(3));
}

states!(Early, Malicious, Isolated);

/// Fails in the first of two online phases, where it cannot be sealed.
#[fusion::harden(crate = fusion_core)]
impl Early {
    #[fusion::client(online, query = x)]
    fn ask(x: u64, channel: &mut (impl Read + Write), rng: &mut impl Rng) -> Result<Kept, Failed> {
        let mask: u64 = rng.random();
        put(channel, x.wrapping_add(mask))?;
        let label = get(channel)?.wrapping_sub(mask);
        if label % 256 < 128 { Ok(Kept(label)) } else { Err(Failed::NoSuchLabel(label)) }
    }

    #[fusion::server(online)]
    fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x)
    }

    #[fusion::client(online)]
    fn thank(kept: Kept, channel: &mut (impl Read + Write)) -> Result<u64, Failed> {
        put(channel, 1)?;
        Ok(kept.0)
    }

    #[fusion::server(online)]
    fn thanked(channel: &mut (impl Read + Write)) -> io::Result<()> {
        get(channel).map(drop)
    }
}

struct Kept(u64);

/// The row that finds it: each cheat with two sets of queries, and how the run ends must be the same.
#[test]
fn a_protocol_whose_ends_tell_its_inputs_does_not_pass() {
    let checks = || (100..150).map(|x| Check::model_answer(x % 128, x % 128)).collect();
    let table = attack(Subject::<Early>::new(&(), &(), &[1, 2], &checks).tries(10));
    let telling = table.rows.iter().filter(|row| row.differs.is_some()).count();
    assert!(telling > 0, "{table}");
}

/// ... and it is latched all the same, because the server may have caused it.
#[test]
fn an_early_end_latches() {
    let checks = (0..50).map(|x| Check::model_answer(x, x)).collect();
    let policy = Policy::against_blind_tampering(20, 1).unwrap();
    let mut client = Client::<Early>::new(policy, checks);
    let (answers, _) = run(&mut client, &(), &[200]);
    let error = answers.map(drop).unwrap_err();
    assert!(matches!(error, Error::Protocol { .. }) && !error.may_retry(), "{error:?}");
    let (again, _) = run(&mut client, &(), &[200]);
    assert!(matches!(again.map(drop), Err(Error::Misuse(Misuse::Latched))));
    client.unlatch();
    assert_eq!(*run(&mut client, &(), &[20]).0.unwrap(), [20]);
}

states!(Fitting, Malicious, Isolated);

/// Parties that compare in setup what they both hold.
#[fusion::harden(crate = fusion_core)]
impl Fitting {
    #[fusion::client(setup)]
    fn compare(channel: &mut (impl Read + Write)) -> io::Result<()> {
        put(channel, 7)?;
        if get(channel)? == 7 { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    #[fusion::server(setup)]
    fn compared(spy: &Spy, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let theirs = get(channel)?;
        put(channel, theirs + spy.shift)
    }

    #[fusion::client(online, query = x)]
    fn ask(x: u64, channel: &mut (impl Read + Write), rng: &mut impl Rng) -> io::Result<u64> {
        let mask: u64 = rng.random();
        put(channel, x.wrapping_add(mask))?;
        Ok(get(channel)?.wrapping_sub(mask))
    }

    #[fusion::server(online)]
    fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x)
    }
}

/// Phases of the setup stage have no query, so that what ends them says nothing about any.
#[test]
fn an_end_in_setup_does_not_latch() {
    let checks = (0..50).map(|x| Check::model_answer(x, x)).collect();
    let policy = Policy::against_blind_tampering(20, 1).unwrap();
    let mut client = Client::<Fitting>::new(policy, checks);
    let ends = [20, 200].map(|query| {
        let (answers, ended) = run(&mut client, &Spy { shift: 1, ..Spy::default() }, &[query]);
        let error = answers.map(drop).unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }) && error.may_retry(), "{error:?}");
        (error.to_string(), ended)
    });
    assert_eq!(ends[0], ends[1], "the same for any query");
    assert_eq!(*run(&mut client, &Spy::default(), &[200]).0.unwrap(), [200]);
}

/// A server that falls silent within a slot may do so on purpose.
#[test]
fn silence_and_nonsense_within_a_slot_latch_but_not_before() {
    let impatient = Limits { message: Duration::from_millis(100), ..Limits::default() };
    let mut client = client(1);
    // Nobody there: nothing was looked at.
    let (here, _there) = fusion_core::channel::memory_pair();
    let mut here = Connection::with_limits(here, impatient);
    let error = client.infer(&mut here, &(), &[1], &mut rand::rng()).map(drop).unwrap_err();
    assert!(matches!(error, Error::Io { .. }) && error.may_retry(), "{error:?}");
    // A server that hangs up in a slot.
    let (here, there) = fusion_core::channel::memory_pair();
    let mut here = Connection::with_limits(here, impatient);
    let error = thread::scope(|scope| {
        scope.spawn(|| {
            use fusion_core::misbehave::{At, Fault, Faulty};
            let mut there = Connection::new(Faulty::new(there, Fault::Drop, At::data(0)));
            let spy = Spy { slot: usize::MAX, ..Spy::default() };
            let _ = Server::<Labels>::new().serve(&mut there, &spy, &mut rand::rng());
        });
        let answers = client.infer(&mut here, &(), &[1], &mut rand::rng());
        drop(here);
        answers.map(drop).unwrap_err()
    });
    assert!(matches!(error, Error::Io { .. }) && !error.may_retry(), "{error:?}");
    assert!(matches!(
        run(&mut client, &Spy::default(), &[1]).0.map(drop),
        Err(Error::Misuse(Misuse::Latched))
    ));
}

states!(Panics, Malicious, Isolated);

/// Panics on answers from 250 on.
#[fusion::harden(crate = fusion_core)]
impl Panics {
    #[fusion::client(online, query = x)]
    fn ask(x: u64, channel: &mut (impl Read + Write), rng: &mut impl Rng) -> io::Result<u64> {
        let mask: u64 = rng.random();
        put(channel, x.wrapping_add(mask))?;
        let answer = get(channel)?.wrapping_sub(mask);
        assert!(answer < 250, "no such answer");
        Ok(answer)
    }

    #[fusion::server(online)]
    fn answer(spy: &Spy, slot: usize, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        assert!(!(spy.withholds && slot == spy.slot), "the server breaks");
        put(channel, x.wrapping_add(if slot == spy.slot { spy.shift } else { 0 }))
    }
}

#[test]
fn a_panic_in_the_last_step_is_sealed_like_an_error() {
    let spy = Spy { slot: 3, shift: 1000, ..Spy::default() };
    let policy = Policy::against_blind_tampering(20, 1).unwrap();
    let mut client = Client::<Panics>::new(policy, labels());
    let (answers, ended) = run(&mut client, &spy, &[7]);
    assert!(ended);
    let Err(Error::Rejected { failures, .. }) = answers else { panic!("{answers:?}") };
    assert!(
        matches!(&failures[..], [one] if matches!(&one.cause, Cause::Panic(said) if said == "no such answer"))
    );
}

#[test]
fn a_panic_of_the_server_is_an_error_that_names_the_slot() {
    let spy = Spy { slot: 3, withholds: true, ..Spy::default() };
    let (mut here, mut there) = Connection::pair();
    let began = Instant::now();
    thread::scope(|scope| {
        let server = scope.spawn(|| {
            Server::<Panics>::new().serve(&mut there, &spy, &mut rand::rng()).map(drop).unwrap_err()
        });
        let policy = Policy::against_blind_tampering(20, 1).unwrap();
        let mut client = Client::<Panics>::new(policy, labels());
        client.infer(&mut here, &(), &[7], &mut rand::rng()).map(drop).unwrap_err();
        let error = server.join().unwrap();
        let Error::Panicked { place, message } = error else { panic!("{error:?}") };
        assert_eq!((place.slot(), message.as_str()), (Some(3), "the server breaks"));
    });
    // The connection is closed at once, so that the peer need not wait for its limit.
    assert!(began.elapsed() < Limits::default().message / 3);
}

#[test]
fn a_panic_in_a_check_or_in_the_agreement_is_a_check_or_a_copy_that_fails() {
    let spy = Spy { slot: usize::MAX, ..Spy::default() };
    let checks = (0..60).map(|x| Check::truth(x, |_: &u64| panic!("no truth"))).collect();
    let policy = Policy::plan(&Planner::new(1, 20).slack(1)).unwrap();
    let mut client = Client::<Panics>::new(policy, checks);
    let (answers, ended) = run(&mut client, &spy, &[7]);
    assert!(ended);
    let Err(Error::Rejected { reason: Rejection::Accuracy(tally), .. }) = answers else {
        panic!("{answers:?}")
    };
    assert_eq!((tally.right, tally.total), (0, policy.checks()));
}

/// The battery lists what panics instead of dying of it.
#[test]
fn the_battery_survives_panics() {
    let spy = Spy { slot: usize::MAX, ..Spy::default() };
    let checks = labels;
    let table = attack(Subject::<Panics>::new(&(), &spy, &[1, 2], &checks).tries(2));
    let flips = table.rows.iter().find(|row| row.attack == "wrong in 1 slots").unwrap();
    assert_eq!(flips.caught, 2, "{table}");
}
