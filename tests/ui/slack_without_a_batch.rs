#[fusion::harden(soundness = 40, slack = 1)]
struct Toy;

fn main() {}
