#[fusion::harden(soundness = 40, privacy = public, executions = isolated, queries = 16, copies = 9)]
struct Toy;

fn main() {}
