#[fusion::harden(soundness = 300, privacy = public, executions = isolated)]
struct Toy;

fn main() {}
