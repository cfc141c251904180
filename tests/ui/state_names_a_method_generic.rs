use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(offline, local)]
    fn prepare<R: rand::Rng>(rng: &mut R) -> Vec<R> {
        drop(rng);
        Vec::new()
    }

    #[fusion::client(online, query = x)]
    fn ask<R: rand::Rng>(_masks: &Vec<R>, x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
