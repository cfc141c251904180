use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

struct Logits(u8);

impl Logits {
    fn label(&self) -> u8 {
        self.0
    }
}

#[fusion::harden(agree_on = Logits::label)]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<Logits> {
        channel.write_all(&[*x]).map(|()| Logits(*x))
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
