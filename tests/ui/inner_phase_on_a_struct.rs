#[fusion::phase]
struct Layer;

fn main() {}
