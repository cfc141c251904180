#[fusion::harden(soundness = BITS)]
struct Toy;

fn main() {}
