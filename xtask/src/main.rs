//! Tasks of the repository: `cargo xtask ci` is the gate, the others take longer than it may.
#![forbid(unsafe_code)]

mod ci;
mod emulate;
mod fuzz;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::run::{Result, Step, root};

/// Tasks of the repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// The gate: formatting, lints, docs, all tests, a smoke run of the examples
    Ci,
    /// All benchmarks: transcript, oblivious transfer, layers, lanes, tax of hardening (a quarter of an hour)
    Bench,
    /// Private inference with whole networks; writes docs/inference.md and a plot (20 minutes)
    BenchInference {
        /// What to measure instead of everything, without writing: `--help` tells
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Attacks on the pure core against their exact probabilities; writes docs/attacks.md and a plot
    Attacks,
    /// Layers on all shares of small rings and on 10 million values of large ones (ten minutes)
    Exhaustive,
    /// Tests kernels for processors with AVX-512 in an emulator (five minutes; needs packages of Debian)
    Emulate(emulate::Options),
    /// One run of the emulator
    #[command(hide = true)]
    Boot(emulate::Boot),
    /// Fuzzes what reads bytes from a peer, 30 seconds for each target
    Fuzz(fuzz::Options),
    /// Writes the recorded expansions and compiler messages anew, after a deliberate change
    Snapshots,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Ci => ci::run(),
        Task::Bench => bench(),
        Task::BenchInference { arguments } => bench_inference(&arguments),
        Task::Attacks => {
            Step::cargo(&["run", "--release", "--locked", "--example", "attacks"]).run()
        }
        Task::Exhaustive => exhaustive(),
        Task::Emulate(options) => emulate::run(&options),
        Task::Boot(options) => emulate::boot(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Snapshots => snapshots(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result {
    Step::cargo(&["bench", "--locked", "--package", "fusion-core", "--bench", "transcript"])
        .run()?;
    for name in ["kernels", "ot", "nonlinear"] {
        Step::cargo(&["bench", "--locked", "--package", "fusion-backends", "--bench", name])
            .run()?;
    }
    Step::cargo(&["bench", "--locked", "--bench", "lanes"]).run()?;
    Step::cargo(&["bench", "--locked", "--bench", "tax"]).run()
}

fn bench_inference(arguments: &[String]) -> Result {
    let docs = root().join("docs");
    let mut all = vec!["bench", "--locked", "--bench", "inference", "--"];
    if arguments.is_empty() {
        all.extend(["--out", docs.to_str().ok_or("the path is no text")?]);
    }
    all.extend(arguments.iter().map(String::as_str));
    Step::cargo(&all).run()
}

/// The tests that the gate leaves out.
fn exhaustive() -> Result {
    let package = ["test", "--release", "--locked", "--package", "fusion-backends", "--lib"];
    Step::cargo(&[&package[..], &["--", "--ignored", "--nocapture"]].concat()).run()
}

fn snapshots() -> Result {
    Step::cargo(&["test", "--locked", "--package", "fusion-macros"])
        .env("SNAPSHOTS", "overwrite")
        .run()?;
    Step::cargo(&["test", "--locked", "--test", "ui"]).env("TRYBUILD", "overwrite").run()
}
