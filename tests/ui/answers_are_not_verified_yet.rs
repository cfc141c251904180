use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
#[derive(Clone)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn read(client: &mut ToyClient, connection: &mut fusion::Connection) -> u8 {
    let mut rng = rand::rng();
    let answers = client.infer(connection, &(), &[1, 2, 3, 4], &mut rng);
    answers[0]
}

fn main() {}
