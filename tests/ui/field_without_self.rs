use std::io::Result;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden(field = channel, channel = Box::new)]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8) -> Result<u8> {
        Ok(*x)
    }

    #[fusion::server(online)]
    fn answer() -> Result<()> {
        Ok(())
    }
}

fn main() {}
