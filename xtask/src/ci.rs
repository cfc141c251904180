//! What must hold for every commit. Needs a Rust toolchain and nothing else.

use std::time::Instant;

use crate::run::{Result, Step};

pub(crate) fn run() -> Result {
    let start = Instant::now();
    Step::cargo(&["fmt", "--all", "--check"]).run()?;
    Step::cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])
    .run()?;
    check_fuzz_targets()?;
    Step::cargo(&["doc", "--workspace", "--no-deps", "--all-features", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?;

    let mut counts = Counts::default();
    // The README's test command.
    Step::cargo(&["test", "--workspace", "--all-features", "--locked"])
        .watch(|line| counts.add(line))?;
    Step::cargo(&["run", "--release", "--locked", "--example", "digits"]).run()?;
    Step::cargo(&["run", "--release", "--locked", "--example", "annotate"]).run()?;

    println!("\nall checks passed in {:.0} s", start.elapsed().as_secs_f64());
    println!("{} passed, {} failed", counts.passed, counts.failed);
    if counts.passed == 0 { Err("no test ran".into()) } else { Ok(()) }
}

/// That the fuzz targets still fit the code, without libFuzzer and so without a C++ compiler.
fn check_fuzz_targets() -> Result {
    let manifest = ["--manifest-path", "fuzz/Cargo.toml"];
    Step::cargo(&[&["fmt", "--check"], &manifest[..]].concat()).run()?;
    let shared = ["--no-default-features", "--target-dir", "target", "--locked"];
    let warnings = ["--", "-D", "warnings"];
    Step::cargo(&[&["clippy"], &manifest[..], &shared, &warnings].concat()).run()
}

/// Tests, summed over all test binaries.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
}

impl Counts {
    fn add(&mut self, line: &str) {
        let Some(result) = line.trim().strip_prefix("test result: ") else { return };
        let number = |what: &str| {
            let part = result.split([';', '.']).find_map(|part| part.trim().strip_suffix(what));
            part.and_then(|number| number.trim().parse::<usize>().ok()).unwrap_or_default()
        };
        self.passed += number("passed");
        self.failed += number("failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read() {
        let mut counts = Counts::default();
        counts.add("test result: ok. 31 passed; 0 failed; 0 ignored; finished in 0.66s");
        counts.add("test result: FAILED. 4 passed; 2 failed; 1 ignored; finished in 0.66s");
        counts.add("test a ... ok");
        assert_eq!((counts.passed, counts.failed), (35, 2));
    }
}
