#[fusion::harden(soundness = 40)]
struct Toy;

#[fusion::harden]
impl Toy {
    #[fusion::client(offline)]
    fn prepare() {}

    #[fusion::server(offline)]
    fn prepare_too() {}
}

fn main() {}
