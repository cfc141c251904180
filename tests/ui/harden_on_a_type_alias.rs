struct Toy;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
type Alias = Toy;

fn main() {}
