use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

pub(crate) type Result<T = ()> = std::result::Result<T, String>;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A cargo command, run in the root of the repository.
pub(crate) struct Step {
    command: Command,
    line: String,
}

impl Step {
    pub(crate) fn cargo(arguments: &[&str]) -> Self {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(arguments).current_dir(root()).env("CARGO_TERM_COLOR", "never");
        Self { command, line: format!("cargo {}", arguments.join(" ")) }
    }

    pub(crate) fn env(mut self, key: &str, value: &str) -> Self {
        self.command.env(key, value);
        self
    }

    pub(crate) fn run(mut self) -> Result {
        println!("\n== {}", self.line);
        let status = self.command.status();
        self.check(status)
    }

    /// Runs, passing the output on, and shows each of its lines to `watch`.
    pub(crate) fn watch(mut self, mut watch: impl FnMut(&str)) -> Result {
        println!("\n== {}", self.line);
        let child = self.command.stdout(Stdio::piped()).spawn();
        let status = child.and_then(|mut child| {
            for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines())
            {
                let line = line?;
                println!("{line}");
                watch(&line);
            }
            child.wait()
        });
        self.check(status)
    }

    fn check(&self, status: std::io::Result<std::process::ExitStatus>) -> Result {
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`{}` failed ({status})", self.line)),
            Err(error) => Err(format!("`{}` could not be run: {error}", self.line)),
        }
    }
}
