#[fusion::harden(soundness = 40)]
struct Toy;

fn client() {
    let _client = ToyClient::new(fusion::Policy::new(4, 13, 12, 0), Vec::new());
}

fn main() {}
