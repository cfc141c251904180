use std::io::{Read, Result};

struct Mux(u8);

impl Mux {
    fn new(_: u8) -> Self {
        Self(1)
    }
}

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden(channel = Mux::new)]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, _mux: &mut Mux) -> Result<u8> {
        Ok(*x)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
