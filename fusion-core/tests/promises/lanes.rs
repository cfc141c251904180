//! Parties that have different numbers of lanes.

use std::{
    io::{Read, Write},
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

use fusion_core::{Client, Connection, Policy, Server};
use fusion_macros as fusion;

use super::{checks, get, io, put};

#[fusion::harden(
    soundness = 8, privacy = public, executions = isolated, client = Asker, server = Keeper,
    crate = fusion_core
)]
struct Uneven;

#[derive(Clone)]
struct Asker;
#[derive(Clone)]
struct Keeper;

/// How many slots the server has begun, and the client has ended; the most it was ahead.
#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    ended: AtomicUsize,
    ahead: AtomicUsize,
}

#[fusion::harden(client, lanes = 1, crate = fusion_core)]
impl Asker {
    #[fusion::client(online, query = x)]
    fn ask(counts: &Counts, x: u64, channel: &mut (impl Read + Write)) -> io::Result<u64> {
        get(channel)?;
        put(channel, x)?;
        let answer = get(channel)?;
        counts.ended.fetch_add(1, SeqCst);
        Ok(answer)
    }
}

#[fusion::harden(server, lanes = 16, crate = fusion_core)]
impl Keeper {
    /// Its first message needs no question, as a garbled circuit does not.
    #[fusion::server(online)]
    fn answer(counts: &Counts, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let begun = counts.begun.fetch_add(1, SeqCst) + 1;
        counts.ahead.fetch_max(begun - counts.ended.load(SeqCst), SeqCst);
        put(channel, 0)?;
        channel.flush()?;
        let x = get(channel)?;
        put(channel, x)
    }
}

/// Both run as many lanes as the party with fewer, so that nobody is accused of running ahead.
#[test]
fn the_party_with_more_lanes_does_not_run_ahead() {
    let counts = Counts::default();
    let (mut here, mut there) = Connection::pair();
    let answers = thread::scope(|scope| {
        scope.spawn(|| {
            Server::<Uneven>::new().serve(&mut there, &counts, &mut rand::rng()).unwrap();
        });
        let policy = Policy::new(8, 6, 20, 0);
        let mut client = Client::<Uneven>::new(policy, checks(30, 1));
        client.infer(&mut here, &counts, &[7, 8], &mut rand::rng()).unwrap()
    });
    assert_eq!(*answers, [7, 8]);
    // One lane: the slot that the client has not quite left, and the next one.
    let ahead = counts.ahead.into_inner();
    assert!(ahead <= 2, "{ahead} slots ahead");
}
