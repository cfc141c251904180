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

/// Leaves of a tree of the silent extension, and entries of its table.
const LEAVES: usize = 1 << 10;
const TABLE: usize = 5 << 15;

fn key_of(level: Level) -> Key {
    Key::at(level, 1)
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
        let key = key_of(level);
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
        let (mut nodes, split) = (vec![3; LEAVES], key_of(level));
        add(
            "leaf of a half tree",
            LEAVES,
            Box::new(move || {
                (2..=10).for_each(|bits| _ = split.split(&mut nodes[..1 << bits]));
            }),
        );
        let (table, mut rows, gather, mut first) =
            (vec![7; TABLE], vec![3; LEAVES], key_of(level), 0);
        add(
            "row of the silent extension",
            LEAVES,
            Box::new(move || {
                first += LEAVES as u64;
                gather.gather(first, &table, &mut rows);
            }),
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
