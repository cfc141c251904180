#[fusion::harden(soundness = "40", privacy = public, executions = isolated)]
struct Toy;

fn main() {}
