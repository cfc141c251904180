#[fusion::harden]
struct Toy;

fn main() {}
