#[fusion::harden(soundness = )]
struct Toy;

fn main() {}
