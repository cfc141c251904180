#[fusion::harden(soundness = 40, = 3)]
struct Toy;

fn main() {}
