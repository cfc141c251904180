#[fusion::harden(soundness = 40, privacy = public, executions = apart)]
struct Toy;

fn main() {}
