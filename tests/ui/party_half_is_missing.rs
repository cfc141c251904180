use std::io::{Read, Result};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated, client = Asker)]
struct Answerer;

struct Asker;

#[fusion::harden(server)]
impl Answerer {
    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
