#[fusion::harden(soundness = 40, quieres = 3, colour = 2)]
struct Toy;

fn main() {}
