#[fusion::harden(soundness = 40)]
struct Toy;

#[fusion::harden]
impl Clone for Toy {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
