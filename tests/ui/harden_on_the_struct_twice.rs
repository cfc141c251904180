#[fusion::harden(soundness = 40)]
#[fusion::harden(soundness = 50)]
struct Toy;

fn main() {}
