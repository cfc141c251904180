#[fusion::harden(soundness = 40)]
mod protocol {}

fn main() {}
