#[fusion::harden(
    soundness = 40,
    privacy = public,
    executions = isolated,
    query_risk = "1%",
    queries = 16,
    copies = 9,
    checks = 8
)]
struct Toy;

fn main() {}
