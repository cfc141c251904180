#[fusion::harden(soundness = 40, privacy = public, executions = isolated, crate = "fusion")]
struct Toy;

fn main() {}
