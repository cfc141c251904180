#[fusion::harden(privacy = public, executions = isolated)]
struct Toy;

fn main() {}
