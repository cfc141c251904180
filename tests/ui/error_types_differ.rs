use std::io::{Read, Result, Write};

struct Failure;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(offline, local)]
    fn prepare() -> std::result::Result<(), Failure> {
        Err(Failure)
    }

    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> std::result::Result<u8, std::fmt::Error> {
        { _ = (channel, x); Ok(1) }
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
