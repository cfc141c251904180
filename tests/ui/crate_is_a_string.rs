#[fusion::harden(soundness = 40, crate = "fusion")]
struct Toy;

fn main() {}
