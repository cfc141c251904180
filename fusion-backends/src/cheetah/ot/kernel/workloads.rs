//! What `benches/kernels.rs` measures.

use super::{Block, Key, Level, dot_at, empty_stripe, fold, transpose};

/// A piece of work that a benchmark repeats.
pub struct Workload {
    /// The instructions.
    pub level: String,
    /// What is done.
    pub name: &'static str,
    /// How many of these each call does.
    pub units: usize,
    /// Does them.
    pub run: Box<dyn FnMut()>,
}

/// All kernels at each level of instructions that this processor has.
#[must_use]
pub fn workloads() -> Vec<Workload> {
    const COUNT: usize = 256;
    let mut all = Vec::new();
    for level in Level::all() {
        let mut add = |name, units, run| {
            all.push(Workload { level: format!("{level:?}"), name, units, run });
        };
        let key = Key::at(level, 1);
        let (mut blocks, tweaks) = ([3; COUNT], [5; COUNT]);
        add("AES of a stream", COUNT, {
            let key = key.clone();
            Box::new(move || key.stream(7, &mut blocks))
        });
        add("hash (two AES)", COUNT, Box::new(move || key.hash(&mut blocks, &tweaks)));
        let keys: Vec<_> = (0..16).map(|key| Key::at(level, key)).collect();
        let (mut sum, mut by_bit) = (empty_stripe(), [empty_stripe(); 4]);
        add(
            "AES in a tree, with its sums",
            COUNT,
            Box::new(move || fold(&keys, 9, &mut sum, &mut by_bit)),
        );
        let mut product: Block = 1;
        add(
            "product in GF(2^128)",
            COUNT,
            Box::new(move || {
                blocks[0] ^= product;
                product = dot_at(level, &blocks, &tweaks);
            }),
        );
    }
    let mut square = [[1, 2]; 128];
    let level = format!("{:?}", Level::best());
    let run = Box::new(move || transpose(&mut square));
    all.push(Workload { level, name: "row transposed", units: 128, run });
    all
}
