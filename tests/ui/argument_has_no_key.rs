#[fusion::harden(soundness = 40, privacy = public, executions = isolated, = 3)]
struct Toy;

fn main() {}
