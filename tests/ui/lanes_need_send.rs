use std::{
    io::{Read, Result, Write},
    rc::Rc,
};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
#[derive(Clone)]
struct Toy(Rc<u8>);

#[fusion::harden(lanes = 4, instance = per_slot)]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(&self, x: &u8, channel: &mut (impl Read + Write)) -> Result<u8> {
        channel.write_all(&[*x]).map(|()| *self.0)
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {}
