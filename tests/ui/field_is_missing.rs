use std::io::Result;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden(field = link, channel = Box::new, instance = shared)]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(&mut self, x: &u8) -> Result<u8> {
        Ok(*x)
    }

    #[fusion::server(online)]
    fn answer(&mut self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
