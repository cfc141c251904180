#[fusion::harden(soundness = 40, privacy = total)]
struct Toy;

fn main() {}
