use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    /// The weights are the context, and a random mask for them is returned.
    #[fusion::server(setup, local)]
    fn mask(weights: &Vec<u8>) -> Vec<u8> {
        weights.iter().map(|_| 4).collect()
    }

    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(weights: &Vec<u8>, channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut vec![0; weights.len()])
    }
}

fn main() {}
