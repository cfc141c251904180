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

    #[fusion::client(online, query = x, state = mask)]
    fn ask(mask: u16, x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x + mask as u8)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
