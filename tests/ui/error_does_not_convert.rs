use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40)]
struct Toy;

struct Mine;

#[fusion::harden]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut impl Write) -> std::result::Result<u8, Mine> {
        channel.write_all(&[*x]).map(|()| *x).map_err(|_| Mine)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
