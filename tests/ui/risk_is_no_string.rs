#[fusion::harden(soundness = 40, privacy = public, executions = isolated, query_risk = 0.01, batch_risk)]
struct Toy;

fn main() {}
