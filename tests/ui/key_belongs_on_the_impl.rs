#[fusion::harden(soundness = 40, agreement = Close)]
struct Toy;

fn main() {}
