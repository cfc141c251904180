use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy<Q>(Q);

#[fusion::harden]
impl<Q> Toy<Q> {
    #[fusion::client(online, query = x)]
    fn ask(x: Q, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[1]).map(|()| drop(x)).map(|()| 1)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
