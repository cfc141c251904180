#[fusion::harden(soundness = 40)]
union Toy {
    bits: u8,
}

fn main() {}
