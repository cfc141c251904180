#[fusion::harden(soundness = 40, name = "toy")]
struct Toy;

fn main() {}
