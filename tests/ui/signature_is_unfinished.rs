#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: ) -> std::io::Result<u8> {
        Ok(*x)
    }

    #[fusion::server(online)]
    fn answer() {}
}

fn main() {}
