#[fusion::harden(soundness = 40, privacy = public, executions = isolated, quieres = 3, colour = 2)]
struct Toy;

fn main() {}
