use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
pub struct Toy;

struct Image(u8);

#[fusion::harden]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &Image, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[x.0]).map(|()| x.0)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
