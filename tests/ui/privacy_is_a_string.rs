#[fusion::harden(soundness = 40, privacy = "malicious", executions = isolated)]
struct Toy;

fn main() {}
