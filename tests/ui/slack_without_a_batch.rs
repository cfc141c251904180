#[fusion::harden(soundness = 40, privacy = public, executions = isolated, slack = 1)]
struct Toy;

fn main() {}
