#[fusion::harden(soundness = 300)]
struct Toy;

fn main() {}
