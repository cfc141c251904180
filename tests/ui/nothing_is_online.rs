#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(offline)]
    fn prepare(_channel: &mut impl std::io::Write) {}

    #[fusion::server(offline)]
    fn prepare_too(_channel: &mut impl std::io::Read) {}
}

fn main() {}
