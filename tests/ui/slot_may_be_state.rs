use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::server(offline, batch, local)]
    fn indices(slots: usize) -> Vec<usize> {
        (0..slots).rev().collect()
    }

    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(slot: usize, channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut vec![0; slot])
    }
}

fn main() {}
