#[fusion::harden(soundness = 40.0)]
struct Toy;

fn main() {}
