use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(_channel: &mut ) -> Result<()> {
        Ok(())
    }
}

fn read(client: &mut ToyClient, connection: &mut fusion::Connection) -> Option<u8> {
    let answers = client.infer(connection, &(), &[1, 2, 3, 4], &mut rand::rng()).ok()?;
    answers.first().copied()
}

fn main() {}
