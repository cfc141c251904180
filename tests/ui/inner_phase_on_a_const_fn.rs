#[fusion::phase]
const fn layer() {}

fn main() {}
