#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
fn infer() {}

fn main() {}
