#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
union Toy {
    bits: u8,
}

fn main() {}
