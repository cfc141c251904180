#[fusion::phase(nam = "layer")]
fn layer() {}

fn main() {}
