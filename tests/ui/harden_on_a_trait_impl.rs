#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

#[fusion::harden]
impl Clone for Toy {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
