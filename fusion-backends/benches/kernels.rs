//! What the kernels of oblivious transfer and of encryption do in a second, on one core: the floors
//! of `ot.rs` and `rlwe.rs`.
//! `cargo bench -p fusion-backends --bench kernels`
#![allow(missing_docs, reason = "a program")]

use std::time::{Duration, Instant};

use fusion_backends::{ot, rlwe};

/// The best of so many runs.
const RUNS: usize = 5;

fn main() {
    let test = std::env::args().any(|argument| argument == "--test");
    let long_enough = Duration::from_millis(if test { 0 } else { 100 });
    println!("| instructions | kernel | millions in a second |");
    println!("| --- | --- | ---: |");
    for mut workload in ot::__workloads().into_iter().chain(rlwe::__workloads()) {
        let best = (0..RUNS).map(|_| rate(&mut workload.run, long_enough)).fold(0.0, f64::max);
        let millions = best * workload.units as f64 / 1e6;
        println!("| {} | {} | {millions:.3} |", workload.level, workload.name);
    }
}

/// Calls in a second.
fn rate(run: &mut dyn FnMut(), long_enough: Duration) -> f64 {
    let start = Instant::now();
    for calls in 1.. {
        // The clock is read once for many calls.
        (0..100).for_each(|_| run());
        let time = start.elapsed();
        if time >= long_enough {
            return f64::from(calls * 100) / time.as_secs_f64();
        }
    }
    0.0
}
