#[fusion::harden(
    soundness = 40,
    privacy = public,
    executions = isolated,
    query_risk = "0",
    batch_risk = "150%",
    session_risk = "one in a hundred"
)]
struct Toy;

fn main() {}
