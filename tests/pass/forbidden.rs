//! Lints that generated code allows, forbidden.
#![forbid(
    warnings,
    deprecated,
    unused,
    unused_qualifications,
    unused_results,
    unreachable_pub,
    single_use_lifetimes,
    unit_bindings,
    unsafe_code
)]

use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated, client = Asker)]
struct Toy;

struct Asker;

#[fusion::harden(client)]
impl Asker {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }
}

#[fusion::harden(server)]
impl Toy {
    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        Self::inner(channel)
    }

    #[fusion::phase]
    fn inner(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {
    let policy = fusion::Policy::new(40, 13, 12, 0);
    drop(ToyClient::new(policy, Vec::new()));
    drop(ToyServer::new());
    let _both = (Toy, Asker);
}
