#[fusion::harden(soundness = 40, privacy = public, executions = isolated, queries = 100, copies = 6, checks = 57)]
struct OneCheckTooFew;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated, queries = 1000, copies = 2, checks = 100, slack = 5)]
struct Hopeless;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated, queries = 10, copies = 9, checks = 8, slack = 9)]
struct MoreSlackThanChecks;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated, queries = 1, copies = 2, checks = 9000, slack = 3000)]
struct TooMuchSlack;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated, queries = 4294967295, copies = 9, checks = 8)]
struct TooLarge;

#[fusion::harden(soundness = 40, privacy = public, executions = isolated, queries = 100, copies = 6, checks = 58)]
struct Enough;

fn main() {}
