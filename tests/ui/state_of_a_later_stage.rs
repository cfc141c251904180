use std::io::{Read, Result, Write};

struct Mask;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(offline)]
    fn prepare(_mask: Mask, channel: &mut impl Write) -> Result<()> {
        channel.write_all(&[1])
    }

    #[fusion::server(offline)]
    fn prepare_too(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }

    #[fusion::client(online, query = x)]
    fn mask(x: &u8, channel: &mut impl Write) -> Result<Mask> {
        channel.write_all(&[*x]).map(|()| Mask)
    }

    #[fusion::server(online)]
    fn mask_too(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }

    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
