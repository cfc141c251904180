#[fusion::harden(soundness = 40, privacy = public, executions = isolated, name = "toy")]
struct Toy;

fn main() {}
