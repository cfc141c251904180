#[fusion::harden(soundness = "40")]
struct Toy;

fn main() {}
