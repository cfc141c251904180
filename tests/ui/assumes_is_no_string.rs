#[fusion::harden(soundness = 40, assumes = dealer)]
struct Toy;

fn main() {}
