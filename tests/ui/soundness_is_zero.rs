#[fusion::harden(soundness = 0, privacy = public, executions = isolated)]
struct Toy;

fn main() {}
