#[fusion::harden(soundness = 40, queries = 16, copies = 9)]
struct Toy;

fn main() {}
