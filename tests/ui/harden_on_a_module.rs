#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
mod protocol {}

fn main() {}
