#[fusion::harden(soundness = BITS, privacy = public, executions = isolated)]
struct Toy;

fn main() {}
