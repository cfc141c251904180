#[fusion::harden(soundness = 40, privacy = public, executions = isolated, agreement = Close)]
struct Toy;

fn main() {}
