use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

struct Key(u8);

#[fusion::harden(lanes = 4)]
impl Toy {
    #[fusion::client(setup, local)]
    fn make_key() -> Key {
        Key(7)
    }

    #[fusion::client(online, query = x)]
    fn ask(key: &mut Key, x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        key.0 += 1;
        channel.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
