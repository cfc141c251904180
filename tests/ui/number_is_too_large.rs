#[fusion::harden(soundness = 40, privacy = public, executions = isolated, queries = 99999999999, copies = 2, checks = 3)]
struct Toy;

fn main() {}
