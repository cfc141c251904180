use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    /// How many threads to use: no number of slots.
    #[fusion::server(offline, batch, local)]
    fn threads() -> usize {
        7
    }

    #[fusion::client(online, batch, query = xs)]
    fn ask(xs: &[u8], channel: &mut (impl Read + Write)) -> Result<Vec<u8>> {
        channel.write_all(xs).map(|()| xs.to_vec())
    }

    #[fusion::server(online, batch)]
    fn answer(slots: usize, channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut vec![0; slots])
    }
}

fn main() {}
