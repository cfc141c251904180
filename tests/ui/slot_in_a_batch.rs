use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(online, batch, query = x)]
    fn ask(x: &[u8], slot: usize, channel: &mut (impl Read + Write)) -> Result<Vec<u8>> {
        channel.write_all(x).map(|()| vec![slot as u8])
    }

    #[fusion::server(online, batch)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
