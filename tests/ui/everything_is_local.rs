use std::io::Result;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(online, local, query = x)]
    fn ask(x: &u8) -> Result<u8> {
        Ok(*x)
    }
}

fn main() {}
