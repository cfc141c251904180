#[fusion::harden(soundness = 40u32)]
struct Toy;

fn main() {}
