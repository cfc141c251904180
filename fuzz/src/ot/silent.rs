//! What either end of the silent extension reads in an iteration: the sender the chunks that its
//! first rows come from, and the answer; the receiver the sums of all trees, and the hash.
//!
//! There is one size of an iteration, and no end that failed can be used again, so each run takes a
//! setup and an iteration of three million transfers: several runs a second, not thousands. What one
//! reads before, [`setup`](super::setup) fuzzes.

use std::{os::unix::net::UnixStream, sync::OnceLock, thread};

use fusion::transcript::Role;
use fusion_backends::ot::{Ends, OtError, OtReceiver, OtSender, Policy, setup};
use rand::{SeedableRng, rngs::StdRng};

use super::refused;
use crate::{
    Ended, MIB,
    peer::{Peer, Recorded},
    script::Script,
    within,
};

/// Two trees of transfers.
const COUNT: usize = 1025;
/// Bytes of a chunk at depth 8: 15 corrections of 64 blocks, and the check.
const CHUNK: usize = 15 * 64 * 16 + 48;
/// Bytes of the message of 8 trees.
const TREES: usize = 8 * 10 * 16;

/// What an honest server says to the client.
struct Said {
    setup: Vec<u8>,
    /// To its sender, and to its receiver.
    iteration: [Vec<Vec<u8>>; 2],
}

pub(crate) fn run(script: &mut Script<'_>) -> Ended {
    let sends = script.below(2);
    let mut messages = said().iteration[sends].clone();
    script.spoil(&mut messages);
    let mut ends = party(Role::Client, &mut Peer::new(said().setup.clone()));
    let (mut rng, mut peer) = (StdRng::seed_from_u64(0), Peer::new(messages.concat()));
    let prepared = within(12 * MIB, || match sends {
        0 => ends.sender.prepare(COUNT, &mut peer, &mut rng),
        _ => ends.receiver.prepare(COUNT, &mut peer, &mut rng),
    });
    let taken = |count| match sends {
        0 => ends.sender.take(count).map(|batch| batch.pairs().len()),
        _ => ends.receiver.take(count).map(|batch| batch.chosen().1.len()),
    };
    match (prepared, taken) {
        (Ok(()), mut taken) => {
            assert_eq!(taken(COUNT).expect("prepared"), COUNT);
            Ended::Well
        }
        (Err(error), mut taken) => {
            assert!(matches!(taken(0), Err(OtError::Broken)), "an end goes on after a failure");
            refused(error)
        }
    }
}

/// Fixed seeds: always the same party.
fn party<S: std::io::Read + std::io::Write>(role: Role, stream: &mut S) -> Ends {
    let mut rng = StdRng::seed_from_u64(role as u64);
    setup(role, Policy::Silent, b"fuzz", stream, &mut rng).expect("an honest peer")
}

fn said() -> &'static Said {
    static SAID: OnceLock<Said> = OnceLock::new();
    SAID.get_or_init(|| {
        let (left, mut right) = UnixStream::pair().expect("sockets");
        let (mut left, recording) = Recorded::new(left);
        let [setup, to_sender, to_receiver] = thread::scope(|scope| {
            scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(0);
                let mut ends = party(Role::Server, &mut right);
                ends.receiver.prepare(COUNT, &mut right, &mut rng).expect("honest");
                ends.sender.prepare(COUNT, &mut right, &mut rng).expect("honest");
            });
            let mut ends = party(Role::Client, &mut left);
            let setup = recording.take().concat();
            let mut rng = StdRng::seed_from_u64(0);
            ends.sender.prepare(COUNT, &mut left, &mut rng).expect("honest");
            let to_sender = recording.take().concat();
            let mut rng = StdRng::seed_from_u64(0);
            ends.receiver.prepare(COUNT, &mut left, &mut rng).expect("honest");
            [setup, to_sender, recording.take().concat()]
        });
        let parts = |bytes: &[u8], length| bytes.chunks(length).map(<[u8]>::to_vec).collect();
        // The last chunk is shorter, and the answer of 16 bytes follows it.
        let (chunks, answer) = to_sender.split_at(to_sender.len() - 16);
        let mut to_sender: Vec<_> = parts(chunks, CHUNK);
        to_sender.push(answer.to_vec());
        Said { setup, iteration: [to_sender, parts(&to_receiver, TREES)] }
    })
}
