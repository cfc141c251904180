#[fusion::harden(soundness = 40, privacy = public, executions = isolated, soundness = 50)]
struct Toy;

fn main() {}
