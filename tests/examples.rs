//! Examples as a user runs them: what they print and how they exit.

use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

const ACCEPTED: i32 = 0;
const FAILED: i32 = 1;
const REJECTED: i32 = 2;

/// What a run printed, on both streams, and its exit status.
struct Run {
    status: Option<i32>,
    text: String,
}

/// Where the examples are, built once: `cargo test --test examples` alone would run whatever an
/// earlier build left.
fn examples() -> Result<&'static Path, String> {
    static EXAMPLES: LazyLock<Result<PathBuf, String>> =
        LazyLock::new(|| build().map_err(|error| error.to_string()));
    EXAMPLES.as_deref().map_err(Clone::clone)
}

/// Builds them with the profile of this test, in the same directory: target/debug/{deps,examples}.
fn build() -> Result<PathBuf> {
    let test = env::current_exe()?;
    let profile = test.parent().and_then(Path::parent).ok_or("no profile directory")?;
    let target = profile.parent().ok_or("no target directory")?;
    let release = profile.ends_with("release").then_some("--release");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "fusion", "--example", "digits"])
        .args(["--example", "offers", "--target-dir"])
        .arg(target)
        .args(release)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err("the examples do not build".into());
    }
    Ok(profile.join("examples"))
}

/// The base protocols that the example offers.
const BACKENDS: [&str; 3] = ["cheetah", "additive", "clear"];

fn digits(arguments: &[&str]) -> Result<Run> {
    run("digits", arguments)
}

fn run(example: &str, arguments: &[&str]) -> Result<Run> {
    let program = examples()?.join(format!("{example}{}", env::consts::EXE_SUFFIX));
    let Output { status, stdout, stderr } = Command::new(program).args(arguments).output()?;
    let text = format!("{}{}", String::from_utf8(stdout)?, String::from_utf8(stderr)?);
    Ok(Run { status: status.code(), text })
}

#[track_caller]
fn expect(run: &Run, status: i32, parts: &[&str]) {
    assert_eq!(run.status, Some(status), "{}", run.text);
    for part in parts {
        assert!(run.text.contains(part), "no {part:?} in\n{}", run.text);
    }
}

#[test]
fn an_honest_server_is_accepted() -> Result {
    for backend in BACKENDS {
        let run = digits(&["--backend", backend])?;
        expect(
            &run,
            ACCEPTED,
            &[
                "15 of 16 answers are the right digit",
                "295 of 300 check images",
                "verdict      accepted",
                "N = 16 x 8 + 46 = 174",
                "46 of 46 checks right",
                "not covered",
                "Server's side",
                "from start to end",
            ],
        );
    }
    Ok(())
}

#[test]
fn the_default_is_private_and_needs_nobody_else() -> Result {
    let run = digits(&[])?;
    expect(
        &run,
        ACCEPTED,
        &["Report on Cheetah", "hidden even from a deviating server", "assumes      RLWE"],
    );
    assert!(!run.text.contains("ealer"), "{}", run.text);
    let run = digits(&["--backend", "additive"])?;
    expect(&run, ACCEPTED, &["Report on Additive", "assumes      a dealer", "Dealer's side"]);
    let run = digits(&["--backend", "clear"])?;
    expect(&run, ACCEPTED, &["Report on Clear", "NONE: the server sees the input"]);
    assert!(!run.text.contains("Dealer"), "{}", run.text);
    Ok(())
}

#[test]
fn a_convolutional_network_runs_where_there_are_such_layers() -> Result {
    for backend in ["cheetah", "clear"] {
        let run = digits(&["--backend", backend, "--model", "cnn", "--queries", "2"])?;
        let parts = ["2 of 2 answers are the right digit", "297 of 300 check images", "accepted"];
        expect(&run, ACCEPTED, &parts);
    }
    let wrong = ["--backend", "clear", "--model", "cnn", "--cheat", "wrong-model"];
    expect(&digits(&wrong)?, REJECTED, &["46 of 46 checks answered wrongly"]);
    let run = digits(&["--backend", "additive", "--model", "cnn"])?;
    expect(&run, FAILED, &["error", "layer 0 is a convolution", "cheetah"]);
    Ok(())
}

#[test]
fn an_emulated_network_changes_no_answer() -> Result {
    for (backend, network) in [("clear", "lan"), ("additive", "wan"), ("cheetah", "wan")] {
        let run = digits(&["--backend", backend, "--network", network, "--queries", "3"])?;
        expect(&run, ACCEPTED, &["3 of 3 answers are the right digit", "verdict      accepted"]);
    }
    Ok(())
}

#[test]
fn one_wrong_execution_is_rejected() -> Result {
    for backend in BACKENDS {
        let run = digits(&["--backend", backend, "--cheat", "flip"])?;
        expect(&run, REJECTED, &["No answer is released"]);
        // A check or a copy, as chance would have it; where slots share a ciphertext, many. Or bits that
        // an honest server leaves at zero.
        let reasons = ["disagreement: the copies of", "accuracy: ", "ENDED EARLY"];
        assert!(reasons.iter().any(|reason| run.text.contains(reason)), "{}", run.text);
        assert!(!run.text.contains("answers are the right digit"), "{}", run.text);
    }
    Ok(())
}

#[test]
fn swapped_executions_are_rejected() -> Result {
    let reasons = ["disagreement: the copies of", "of 46 checks answered wrongly", "ENDED EARLY"];
    let rejected = |run: &Run| {
        run.status == Some(REJECTED) && reasons.iter().any(|reason| run.text.contains(reason))
    };
    // What belongs to one execution is of no use to another, even of the same digit.
    let run = digits(&["--cheat", "swap"])?;
    assert!(rejected(&run), "{}", run.text);
    // Here, in one run of twenty the two hold the same digit, and swapping them changes nothing.
    for _ in 0..10 {
        let run = digits(&["--backend", "clear", "--cheat", "swap"])?;
        if rejected(&run) {
            return Ok(());
        }
        expect(&run, ACCEPTED, &["two copies of the same digit"]);
    }
    Err("no run of ten was rejected".into())
}

#[test]
fn another_model_is_rejected() -> Result {
    for backend in BACKENDS {
        let run = digits(&["--backend", backend, "--cheat", "wrong-model"])?;
        // Labels of zeros are right under this model too.
        expect(&run, REJECTED, &["of 46 checks answered wrongly", "another", "model"]);
    }
    Ok(())
}

#[test]
fn a_bit_that_flips_on_the_line_is_rejected() -> Result {
    for backend in BACKENDS {
        let run = digits(&["--backend", backend, "--cheat", "corrupt"])?;
        expect(&run, REJECTED, &["transcript: what one party sent in the online phase"]);
    }
    Ok(())
}

#[test]
fn a_batch_that_cannot_be_run_says_what_to_ask_for() -> Result {
    for count in ["0", "201"] {
        let run = digits(&["--queries", count])?;
        expect(&run, FAILED, &["error: --queries", "ask for 1 to 200"]);
    }
    let run = digits(&["--soundness", "20"])?;
    expect(&run, FAILED, &["error: --soundness 20", "ask for 40 or more"]);
    Ok(())
}

#[test]
fn missing_data_says_where_to_look() -> Result {
    let run = digits(&["--data", "nowhere"])?;
    expect(&run, FAILED, &["error: cannot read", "digits_checks.csv", "--data DIR"]);
    Ok(())
}

#[test]
fn a_server_that_cannot_start_says_why() -> Result {
    let folder = env::temp_dir().join(format!("fusion-digits-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    for file in ["digits_checks.csv", "digits_queries.csv"] {
        std::fs::copy(data.join(file), folder.join(file))?;
    }
    let run = digits(&["--data", &folder.to_string_lossy()]);
    std::fs::remove_dir_all(&folder)?;
    expect(&run?, FAILED, &["error: the server did not start", "digits.safetensors"]);
    Ok(())
}

#[test]
fn help_teaches_by_examples() -> Result {
    let run = digits(&["--help"])?;
    expect(&run, ACCEPTED, &["--cheat", "Examples:", "Exit status:"]);
    assert!(!run.text.contains("--dealer"), "{}", run.text);
    expect(&digits(&["--cheat", "politely"])?, FAILED, &["wrong-model"]);
    Ok(())
}

#[test]
fn offers_are_found_and_a_server_that_flips_one_is_caught() -> Result {
    expect(&run("offers", &[])?, ACCEPTED, &["verdict      accepted", "the best offers: [7, 0, 7"]);
    // What is flipped may also be a bit that no honest server sets.
    let caught = run("offers", &["--cheat"])?;
    expect(&caught, REJECTED, &[]);
    let reasons = ["disagreement", "accuracy", "malformed"];
    assert!(reasons.iter().any(|reason| caught.text.contains(reason)), "{}", caught.text);
    Ok(())
}
