#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8) -> std::io::Result<u8>

    #[fusion::server(online)]
    fn answer() {}
}

fn main() {}
