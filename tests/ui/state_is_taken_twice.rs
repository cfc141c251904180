use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

struct Mask;

#[fusion::harden]
impl Toy {
    #[fusion::client(offline, local)]
    fn prepare() -> Mask {
        Mask
    }

    #[fusion::client(offline, local)]
    fn spend(_mask: Mask) {}

    #[fusion::client(online, query = x)]
    fn ask(_mask: &Mask, x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
