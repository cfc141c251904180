use std::io::{Read, Result, Write};

struct Link(fusion::Wire);

impl Link {
    fn flush(&mut self) -> usize {
        0
    }
}

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden(channel = Link, flush = Link::flush)]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, link: &mut Link) -> Result<u8> {
        link.0.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
