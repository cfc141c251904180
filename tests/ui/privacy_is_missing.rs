#[fusion::harden(soundness = 40, executions = isolated)]
struct Toy;

fn main() {}
