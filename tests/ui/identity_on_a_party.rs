use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated, client = Asker)]
struct Answerer;

struct Asker;

#[fusion::harden(client, name = "toy", version = 2, agree_on = u8::count_ones)]
impl Asker {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }
}

#[fusion::harden(server)]
impl Answerer {
    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
