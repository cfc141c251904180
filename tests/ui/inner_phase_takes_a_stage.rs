#[fusion::phase(online)]
fn layer() {}

fn main() {}
