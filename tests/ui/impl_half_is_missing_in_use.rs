#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

fn client() {
    let _client = ToyClient::new(fusion::Policy::new(4, 13, 12, 0), Vec::new());
}

fn main() {}
