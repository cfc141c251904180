#[fusion::harden(soundness = 40u32, privacy = public, executions = isolated)]
struct Toy;

fn main() {}
