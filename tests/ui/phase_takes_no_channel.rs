use std::io::{Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

/// From message to message: nobody carries them.
#[fusion::harden]
impl Toy {
    #[fusion::client(setup)]
    fn hello(channel: &mut impl Write) -> Result<()> {
        channel.write_all(&[1])
    }

    #[fusion::server(setup)]
    fn hear() {}

    #[fusion::client(online, query = x)]
    fn ask(x: &u8) -> u8 {
        *x
    }

    #[fusion::server(online)]
    fn answer(message: &u8) {
        let _ = message;
    }
}

fn main() {}
