//! What `benches/kernels.rs` measures.

use super::super::params::{PRIMES, Set};
use super::{Level, Table};
use crate::ot::__Workload as Workload;

/// Both transforms of each set, at each level of instructions that this processor has.
#[must_use]
pub fn workloads() -> Vec<Workload> {
    let mut all = Vec::new();
    for (set, primes) in Set::ALL.into_iter().zip(PRIMES) {
        let Some(prime) = primes.first() else { continue };
        for level in Level::all() {
            let table = Table::at(level, *prime, set.degree());
            let numbers: Vec<_> = (0..set.degree() as u64).collect();
            let mut add = |name, run| {
                let level = format!("{level:?}, {set:?}");
                all.push(Workload { level, name, units: 1, run });
            };
            let (forward, mut values) = (table.clone(), numbers.clone());
            add("forward transform", Box::new(move || forward.forward(&mut values)));
            let mut values = numbers;
            add("inverse transform", Box::new(move || table.inverse(&mut values)));
        }
    }
    all
}
