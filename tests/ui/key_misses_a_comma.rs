#[fusion::harden(soundness = 40 queries = 4, copies = 13, checks = 12)]
struct Toy;

fn main() {}
