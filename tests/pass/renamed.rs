//! The name `fusion` stands for something else in the whole crate.

extern crate fusion as hardening;
extern crate std as fusion;

use std::io::{Read, Result, Write};

#[hardening::harden(soundness = 40, privacy = public, executions = isolated, crate = ::hardening)]
struct Toy;

#[hardening::harden(crate = hardening)]
impl Toy {
    #[hardening::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x])?;
        Self::inner(*x)
    }

    #[hardening::phase(crate = hardening)]
    fn inner(x: u8) -> Result<u8> {
        Ok(x)
    }

    #[hardening::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {
    let policy = hardening::Policy::new(40, 13, 12, 0);
    let _client = ToyClient::new(policy, Vec::new());
    let _server = ToyServer::new();
}
