#[fusion::harden(soundness = 40, soundness = 50)]
struct Toy;

fn main() {}
