#[fusion::harden(soundness = 0)]
struct Toy;

fn main() {}
