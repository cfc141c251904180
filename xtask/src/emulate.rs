//! Runs the tests of kernels that this processor does not have, in an emulator: Bochs boots a Linux
//! kernel whose first program is the test binary.

mod boot;
mod image;

use std::{env, path::PathBuf};

use clap::Args;

pub(crate) use boot::boot;

use crate::run::{Result, Step, root};

/// Statically linked, so that it runs where there is no library.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The test that tells which levels of instructions it found, and what it must tell.
const TOLD: (&str, &str) = ("levels_are_told", "Avx512");

/// What to test, and on what.
#[derive(Args)]
pub(crate) struct Options {
    /// Parts of the names of unit tests of `fusion-backends`
    #[arg(default_value = "rlwe::ntt")]
    tests: Vec<String>,
    /// The emulated processor: `bochs --help cpu` lists all
    #[arg(long, default_value = "corei7_icelake_u")]
    cpu: String,
    /// The Linux kernel to boot, instead of one that is fetched from Debian
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,
    /// How long the emulator may take
    #[arg(long, default_value_t = 30)]
    minutes: u64,
}

/// What cargo runs in place of the test binary: a `boot` with the binary's path and arguments.
#[derive(Args)]
pub(crate) struct Boot {
    cpu: String,
    kernel: PathBuf,
    minutes: u64,
    program: PathBuf,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result {
    image::check_tools()?;
    let kernel = match &options.kernel {
        Some(kernel) => kernel.clone(),
        None => image::fetch_kernel()?,
    };
    let lost = |error| format!("the path of this program is unknown: {error}");
    let myself = env::current_exe().map_err(lost)?;
    let (cpu, minutes) = (&options.cpu, options.minutes);
    let runner =
        format!("{} boot {cpu} {} {minutes}", myself.display(), absolute(&kernel)?.display());
    let package = ["test", "--locked", "--target", TARGET, "--package", "fusion-backends"];
    let tests: Vec<&str> = options.tests.iter().map(String::as_str).collect();
    let arguments = [&["--all-features", "--lib", "--"], &tests[..], &[TOLD.0, "--nocapture"]];
    Step::cargo(&[&package[..], &arguments.concat()].concat())
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        // All that is emulated takes its time.
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", &runner)
        .run()
}

fn absolute(path: &std::path::Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Where all files go.
fn folder() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR");
    target.map_or_else(|| root().join("target"), |dir| root().join(dir)).join("emulate")
}
