#[fusion::harden(soundness = 40)]
struct Toy;

#[fusion::harden]
impl Toy {
    fn ask() {}
}

fn main() {}
