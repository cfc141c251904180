#[fusion::harden(privacy = public)]
struct Toy;

fn main() {}
