use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden(soundness = 40)]
impl Toy {
    #[fusion::client(online, querry = x)]
    fn ask(x: &u8, scale: f32, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x * scale as u8)
    }

    #[fusion::server(online, batch)]
    async fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }

    #[fusion::server(offline)]
    fn prepare() {}
}

fn main() {}
