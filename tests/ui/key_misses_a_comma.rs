#[fusion::harden(soundness = 40, privacy = public, executions = isolated queries = 4, copies = 13, checks = 12)]
struct Toy;

fn main() {}
