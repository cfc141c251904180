use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

struct Key;

#[fusion::harden]
impl Toy {
    #[fusion::client(setup, local)]
    fn prepare() -> Key {
        Key
    }

    #[fusion::client(online, query = x)]
    fn ask(_key: Key, x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
