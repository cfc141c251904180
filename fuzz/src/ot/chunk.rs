//! The sender's chunks, which it reads when it prepares.

use std::{os::unix::net::UnixStream, sync::OnceLock, thread};

use fusion::transcript::Role;
use fusion_backends::ot::{OtReceiver, OtSender, softspoken::Depth};
use rand::{SeedableRng, rngs::StdRng};

use super::{
    refused,
    setup::{client, party},
};
use crate::{
    Ended, MIB,
    peer::{Peer, Recorded},
    script::Script,
    within,
};

const DEPTH: Depth = Depth::Four;
/// Two chunks, the second of them short.
const COUNT: usize = 8064 + 1;

pub(crate) fn run(script: &mut Script<'_>) -> Ended {
    let mut messages = said().to_vec();
    script.spoil(&mut messages);
    let mut sender = client(DEPTH).sender;
    let mut rng = StdRng::seed_from_u64(0);
    let mut peer = Peer::new(messages.concat());
    match within(MIB, || sender.prepare(COUNT, &mut peer, &mut rng)) {
        Ok(()) => {
            let batch = sender.take(COUNT).expect("prepared");
            assert_eq!(batch.pairs().len(), COUNT);
            Ended::Well
        }
        Err(error) => {
            assert!(sender.take(1).is_err(), "a sender goes on after a failed check");
            refused(error)
        }
    }
}

/// The chunks that an honest server, which receives, says to the client.
fn said() -> &'static [Vec<u8>] {
    static SAID: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SAID.get_or_init(|| {
        let (left, mut right) = UnixStream::pair().expect("sockets");
        let (mut left, recording) = Recorded::new(left);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(0);
                let mut ot = party(Role::Server, DEPTH, &mut right).expect("honest");
                ot.receiver.prepare(COUNT, &mut right, &mut rng).expect("honest");
            });
            let mut rng = StdRng::seed_from_u64(0);
            let mut ot = party(Role::Client, DEPTH, &mut left).expect("honest");
            recording.take();
            ot.sender.prepare(COUNT, &mut left, &mut rng).expect("honest");
        });
        let mut first = recording.take().concat();
        // 31 corrections of 64 blocks, and the check.
        let second = first.split_off(31 * 64 * 16 + 48);
        vec![first, second]
    })
}
