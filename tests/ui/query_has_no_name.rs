use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask<Q: Into<u8> + Copy>(x: &Q, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[(*x).into()]).map(|()| (*x).into())
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
