use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<()> {
        channel.write_all(&[*x])
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }

    #[fusion::client(online, query = y, local)]
    fn ask_more(y: &u16) -> Result<u8> {
        Ok(*y as u8)
    }
}

fn main() {}
