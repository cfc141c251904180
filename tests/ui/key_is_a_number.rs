#[fusion::harden(40)]
struct Toy;

fn main() {}
