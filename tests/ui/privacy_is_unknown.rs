#[fusion::harden(soundness = 40, privacy = total, executions = isolated)]
struct Toy;

fn main() {}
