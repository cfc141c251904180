#[fusion::harden(soundness = 40, privacy = malicious)]
struct Toy;

fn main() {}
