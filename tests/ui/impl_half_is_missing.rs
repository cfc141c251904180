#[fusion::harden(soundness = 40)]
struct Toy;

fn client(_client: ToyClient) {}

fn main() {}
