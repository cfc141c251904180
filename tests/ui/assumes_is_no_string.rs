#[fusion::harden(soundness = 40, privacy = public, executions = isolated, assumes = dealer)]
struct Toy;

fn main() {}
