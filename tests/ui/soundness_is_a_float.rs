#[fusion::harden(soundness = 40.0, privacy = public, executions = isolated)]
struct Toy;

fn main() {}
