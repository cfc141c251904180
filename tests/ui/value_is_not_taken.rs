use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

struct Request(u8);

#[fusion::harden]
impl Toy {
    #[fusion::server(offline, local)]
    fn prepare() -> Result<Vec<u8>> {
        Ok(vec![1])
    }

    #[fusion::client(online, query = x)]
    fn request(x: &u8, channel: &mut impl Write) -> Result<Request> {
        channel.write_all(&[*x]).map(|()| Request(*x))
    }

    #[fusion::server(online)]
    fn hear(channel: &mut impl Read) -> Result<u8> {
        channel.read_exact(&mut [0]).map(|()| 1)
    }

    #[fusion::client(online)]
    fn receive(channel: &mut impl Read) -> Result<u8> {
        channel.read_exact(&mut [0]).map(|()| 1)
    }

    #[fusion::server(online)]
    fn reply(prepared: &[u8], channel: &mut impl Write) -> Result<()> {
        channel.write_all(prepared)
    }
}

fn main() {}
