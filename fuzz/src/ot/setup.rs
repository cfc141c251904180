//! Both messages of the setup.

use std::{os::unix::net::UnixStream, sync::OnceLock, thread};

use fusion::transcript::Role;
use fusion_backends::ot::{
    OtError, OtReceiver, OtSender,
    softspoken::{Depth, SoftSpoken, setup},
};
use rand::{SeedableRng, rngs::StdRng};

use super::refused;
use crate::{
    Ended, MIB,
    peer::{Peer, Recorded},
    script::Script,
    within,
};

const DEPTHS: [Depth; 3] = [Depth::Two, Depth::Four, Depth::Eight];
/// Bytes of the first message, which the second follows.
const FIRST: usize = 128 * 96;

pub(crate) fn run(script: &mut Script<'_>) -> Ended {
    let depth = script.below(DEPTHS.len());
    let mut messages = said(depth).to_vec();
    script.spoil(&mut messages);
    let mut peer = Peer::new(messages.concat());
    match within(4 * MIB, || party(Role::Client, DEPTHS[depth], &mut peer)) {
        Ok(_) => Ended::Well,
        Err(error) => refused(error),
    }
}

/// A client that is set up with an honest server, and knows nothing of what that says later.
pub(super) fn client(depth: Depth) -> SoftSpoken {
    let index = DEPTHS.iter().position(|known| *known == depth).expect("a known depth");
    party(Role::Client, depth, &mut Peer::new(said(index).concat())).expect("an honest server")
}

/// Fixed seeds: always the same party.
pub(super) fn party<S: std::io::Read + std::io::Write>(
    role: Role,
    depth: Depth,
    stream: &mut S,
) -> Result<SoftSpoken, OtError> {
    setup(role, depth, b"fuzz", stream, &mut StdRng::seed_from_u64(role as u64))
}

/// Both parties, client first, with so many transfers prepared in either direction.
pub(crate) fn prepared(count: usize) -> [SoftSpoken; 2] {
    let (mut left, mut right) = UnixStream::pair().expect("sockets");
    let end = |role, stream: &mut UnixStream| {
        let mut rng = StdRng::seed_from_u64(0);
        let mut ot = party(role, Depth::Two, stream).expect("honest");
        if role == Role::Client {
            ot.sender.prepare(count, stream, &mut rng).expect("honest");
            ot.receiver.prepare(count, stream, &mut rng).expect("honest");
        } else {
            ot.receiver.prepare(count, stream, &mut rng).expect("honest");
            ot.sender.prepare(count, stream, &mut rng).expect("honest");
        }
        ot
    };
    thread::scope(|scope| {
        let server = scope.spawn(|| end(Role::Server, &mut right));
        [end(Role::Client, &mut left), server.join().expect("honest")]
    })
}

/// What an honest server says to the client.
fn said(depth: usize) -> &'static [Vec<u8>; 2] {
    static SAID: [OnceLock<[Vec<u8>; 2]>; 3] = [const { OnceLock::new() }; 3];
    SAID[depth].get_or_init(|| {
        let (left, mut right) = UnixStream::pair().expect("sockets");
        let (mut left, recording) = Recorded::new(left);
        thread::scope(|scope| {
            scope.spawn(|| party(Role::Server, DEPTHS[depth], &mut right).expect("honest"));
            party(Role::Client, DEPTHS[depth], &mut left).expect("honest");
        });
        let mut first = recording.take().concat();
        let second = first.split_off(FIRST);
        [first, second]
    })
}
