#[fusion::harden(
    soundness = 40,
    privacy = public,
    executions = isolated,
    query_risk = "1%",
    session_risk = "50%",
    queries = 16,
    copies = 2,
    checks = 8
)]
struct Toy;

fn main() {}
