struct Toy;

#[fusion::harden(soundness = 40)]
type Alias = Toy;

fn main() {}
