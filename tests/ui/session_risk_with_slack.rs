#[fusion::harden(
    soundness = 40,
    privacy = public,
    executions = isolated,
    session_risk = "20%",
    queries = 16,
    copies = 3,
    checks = 400,
    slack = 1
)]
struct Toy;

fn main() {}
