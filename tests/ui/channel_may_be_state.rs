use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

struct Mux(fusion::Wire);

#[fusion::harden(channel = Mux)]
impl Toy {
    #[fusion::server(setup)]
    fn open(channel: Mux) -> Mux {
        channel
    }

    #[fusion::client(setup)]
    fn open_too(mut channel: Mux) -> Result<()> {
        channel.0.flush()
    }

    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut Mux) -> Result<u8> {
        channel.0.write_all(&[*x]).map(|()| *x)
    }

    #[fusion::server(online)]
    fn answer(mux: &mut Mux) -> Result<()> {
        mux.0.read_exact(&mut [0])
    }
}

fn main() {}
