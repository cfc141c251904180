//! Runs the fuzz targets, each for a while. Needs a C++ compiler, and no nightly toolchain.

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use clap::Args;

use crate::run::{Result, Step, root};

/// The variable that names the target to the program; `list` makes it print all names.
const TARGET: &str = "FUSION_FUZZ_TARGET";

/// What makes rustc tell libFuzzer what was reached, and what was compared with what.
const COVERAGE: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What to fuzz, and for how long.
#[derive(Args)]
pub(crate) struct Options {
    /// Targets; all of them unless named
    targets: Vec<String>,
    /// Prints the names of all targets
    #[arg(long)]
    list: bool,
    /// How long each target runs
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Runs this input once instead, such as one that crashed
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result {
    let program = build()?;
    let all = names(&program)?;
    if options.list {
        all.iter().for_each(|name| println!("{name}"));
        return Ok(());
    }
    if let Some(unknown) = options.targets.iter().find(|name| !all.contains(name)) {
        return Err(format!("no target `{unknown}`; there are {}", all.join(", ")));
    }
    let targets = if options.targets.is_empty() { &all } else { &options.targets };
    let mut results = Vec::new();
    for target in targets {
        println!("\n== {target}");
        results.push(Ran::of(&program, target, options)?);
    }

    println!("\n| target | executions | in a second | edges | inputs kept | verdict |");
    println!("| --- | ---: | ---: | ---: | ---: | --- |");
    results.iter().for_each(Ran::show);
    let crashes: Vec<String> = results.iter().filter_map(Ran::crash).collect();
    if crashes.is_empty() { Ok(()) } else { Err(crashes.join("\n")) }
}

/// The program with all targets. Its flags are for a target triple, so that they do not reach build
/// scripts and macros.
fn build() -> Result<PathBuf> {
    let host = host()?;
    let manifest = ["--manifest-path", "fuzz/Cargo.toml", "--locked"];
    let arguments = [&["build", "--release", "--target", &host], &manifest[..]].concat();
    Step::cargo(&arguments).env("RUSTFLAGS", &COVERAGE.join(" ")).run()?;
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("fuzz/target"), |dir| root().join(dir));
    Ok(target.join(host).join("release/fusion-fuzz"))
}

/// The triple of this machine.
fn host() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("-vV").current_dir(root()).output();
    let told = told.map_err(|error| format!("`rustc -vV` could not be run: {error}"))?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`rustc -vV` names no host".into())
}

fn names(program: &Path) -> Result<Vec<String>> {
    let told = Command::new(program).env(TARGET, "list").output();
    let told = told.map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
    Ok(String::from_utf8_lossy(&told.stdout).lines().map(str::to_owned).collect())
}

/// How a target did.
#[derive(Debug, Default, PartialEq)]
struct Ran {
    target: String,
    executions: u64,
    per_second: u64,
    /// What was reached, of the whole program.
    edges: u64,
    kept: u64,
    /// The input that crashed.
    input: Option<String>,
    failed: bool,
}

impl Ran {
    fn of(program: &Path, target: &str, options: &Options) -> Result<Self> {
        let folder = |name: &str| root().join("fuzz").join(name).join(target);
        let (corpus, artifacts) = (folder("corpus"), folder("artifacts"));
        for folder in [&corpus, &artifacts] {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let mut command = Command::new(program);
        match &options.input {
            Some(input) => command.arg(input),
            None => command
                .arg(&corpus)
                .arg(format!("-max_total_time={}", options.seconds))
                // A script that spoils messages is short, and may be so from the start.
                .args(["-print_final_stats=1", "-max_len=512", "-len_control=0"]),
        };
        command
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            // Seconds for one input. Memory is limited by the target itself.
            .args(["-timeout=20", "-rss_limit_mb=4096"])
            .env(TARGET, target)
            // The targets see to backtraces: what tells of a failed allocation must not need memory.
            .env("RUST_BACKTRACE", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let lost = |error| format!("{} cannot be run: {error}", program.display());
        let mut child = command.spawn().map_err(lost)?;
        let mut ran = Self { target: target.into(), ..Self::default() };
        for line in child.stderr.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
            let line = line.map_err(lost)?;
            if ran.read(&line) {
                println!("{line}");
            }
        }
        ran.failed = !child.wait().map_err(lost)?.success();
        Ok(ran)
    }

    /// What libFuzzer says: `#12  DONE   cov: 34 ft: 56 corp: 7/8b ...`, and statistics at the end.
    /// Whether a reader wants to see it.
    fn read(&mut self, line: &str) -> bool {
        let number = |text: &str| {
            let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or_default()
        };
        let after = |name| line.split_once(name).map(|(_, rest)| number(rest));
        if let Some(edges) = after(" cov: ") {
            self.edges = edges;
            self.kept = after(" corp: ").unwrap_or_default();
        }
        if let Some(executions) = after("stat::number_of_executed_units:") {
            self.executions = executions;
        }
        if let Some(rate) = after("stat::average_exec_per_sec:") {
            self.per_second = rate;
        }
        if let Some((_, input)) = line.split_once("Test unit written to ") {
            self.input = Some(input.trim().into());
        }
        let word = |text: &str| line.split_whitespace().nth(1) == Some(text);
        let is_news = word("NEW") || word("REDUCE") || line.contains("NEW_FUNC[");
        let is_dictionary = line.contains("# Uses: ") || line.starts_with("###### ");
        !is_news && !is_dictionary
    }

    fn show(&self) {
        let Self { target, executions, per_second, edges, kept, .. } = self;
        let verdict = if self.failed { "FAILED" } else { "ok" };
        println!("| {target} | {executions} | {per_second} | {edges} | {kept} | {verdict} |");
    }

    fn crash(&self) -> Option<String> {
        let target = &self.target;
        self.failed.then(|| match &self.input {
            Some(input) => {
                format!("{target} failed; again: cargo xtask fuzz {target} --input {input}")
            }
            None => format!("{target} failed, see above"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_fuzzer_says_is_read() {
        let mut ran = Ran::default();
        assert!(
            !ran.read("#3\tNEW    cov: 30 ft: 40 corp: 2/3b lim: 4 exec/s: 0 rss: 40Mb L: 2/2")
        );
        assert!(!ran.read("\"\\377\\377\" # Uses: 707"));
        ran.read("#2048\tpulse  cov: 300 ft: 400 corp: 12/34b lim: 4 exec/s: 1024 rss: 40Mb");
        ran.read("#4096\tDONE   cov: 345 ft: 567 corp: 23/4Kb lim: 4096 exec/s: 99 rss: 41Mb");
        ran.read("stat::number_of_executed_units: 4097");
        ran.read("stat::average_exec_per_sec:     99");
        ran.read("artifact_prefix='x/'; Test unit written to x/crash-0a1b");
        let input = Some("x/crash-0a1b".into());
        let expected =
            Ran { executions: 4097, per_second: 99, edges: 345, kept: 23, input, ..Ran::default() };
        assert_eq!(ran, expected);
        assert_eq!(ran.crash(), None);
        ran.failed = true;
        assert!(ran.crash().is_some_and(|told| told.contains("--input x/crash-0a1b")));
    }
}
