#[fusion::harden(soundness = 40)]
fn infer() {}

fn main() {}
