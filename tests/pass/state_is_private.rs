//! A public protocol hands on values of a private type.

use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
pub struct Toy;

struct Mask(u8);

#[fusion::harden]
impl Toy {
    #[fusion::client(offline, local)]
    fn prepare() -> Mask {
        Mask(1)
    }

    #[fusion::client(online, query = x)]
    fn ask(mask: Mask, x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| mask.0)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
