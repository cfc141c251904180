//! Handwritten digits, classified by a server that the client does not trust: the client, the
//! server and, if the protocol has one, the dealer are processes of their own.
//!
//!     cargo run --release --example digits
//!     cargo run --release --example digits -- --cheat flip
//!     cargo run --release --example digits -- --help

mod data;
mod parties;
mod processes;
mod show;

use std::{
    error::Error, ffi::OsString, net::SocketAddr, path::PathBuf, process::ExitCode, time::Instant,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use fusion::{AccuracyTargets, Planner, Policy, Ratio, RiskTargets};
use fusion_backends::{additive::Additive, cheetah::Cheetah, clear::Clear};

use crate::{
    data::Data,
    parties::{Backend, Label, Outcome},
    processes::{Process, announce},
};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// The server was caught.
const REJECTED: u8 = 2;
/// In bits, for `--unacceptable`.
const CONFIDENCE: u32 = 20;
/// Anything else went wrong, also the command line.
const FAILED: u8 = 1;

/// Classifies private handwritten digits with a server that may cheat.
///
/// The client mixes copies of its digits with checks, whose answers it knows, in an order that
/// only it knows. It releases answers only if all copies agree and all checks are right.
#[derive(Parser)]
#[command(
    name = "digits",
    override_usage = "digits [OPTIONS]",
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    role: Option<Role>,
}

const EXAMPLES: &str = "\
Examples:
  digits                             16 digits, an honest server
  digits --cheat flip                a server that makes one answer wrong is caught
  digits --model cnn                 a convolutional network
  digits --queries 100               more digits in a batch: fewer executions per digit
  digits --unacceptable 90%          a surer check of the model: 132 checks
  digits --risk 0.4%                 fewer wrong answers, whatever the server does: more checks
  digits --soundness 60              surer against blind tampering: more executions per digit
  digits --network wan               the same over a slow network

Exit status:
  0 accepted, 2 rejected or ended by what the server sent (it was caught), 1 anything else";

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data");

#[derive(Args)]
struct Options {
    /// The base protocol: what runs once for every copy and every check
    #[arg(long, value_enum, default_value_t = Protocol::Cheetah)]
    backend: Protocol,

    /// The server's model
    #[arg(long, value_enum, default_value_t = Network::Dense)]
    model: Network,

    /// How many digits to classify, from the first one on
    #[arg(long, value_name = "N", default_value_t = 16)]
    queries: usize,

    /// A server that tampers with executions goes unnoticed with probability at most 2^-BITS
    #[arg(long, value_name = "BITS", default_value_t = 40)]
    soundness: u32,

    /// Whatever the server does, an answer is wrong and accepted with at most this probability
    #[arg(long, value_name = "PROBABILITY", default_value = "1%")]
    risk: Ratio,

    /// A model of this accuracy or less is accepted with probability at most 2^-20: more checks
    #[arg(long, value_name = "ACCURACY")]
    unacceptable: Option<Ratio>,

    /// Makes the server misbehave, to see how it is caught
    #[arg(long, value_enum, value_name = "HOW")]
    cheat: Option<Cheat>,

    /// The network to emulate between client and server
    #[arg(long, value_enum, default_value_t = Net::None)]
    network: Net,

    /// The folder with the models (digits.safetensors, ...) and the images (digits_checks.csv, ...)
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Protocol {
    /// Encryption and oblivious transfers: the digits are private, and nobody else is trusted
    Cheetah,
    /// Secret sharing with a dealer, a third process that both must trust: the digits are private
    Additive,
    /// No privacy: the server sees the digits. The reference for all others
    Clear,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Network {
    /// 64-64-32-10, fully connected
    Dense,
    /// Two convolutions, a max-pool and two dense layers; with the backends cheetah and clear
    Cnn,
}

#[derive(Clone, Copy, ValueEnum)]
enum Cheat {
    /// Answers one execution wrongly
    Flip,
    /// Mixes up the answers of two executions. Harmless if both hold the same digit
    Swap,
    /// Uses a model in which one number was changed
    WrongModel,
    /// Someone on the line flips one bit of an answer
    Corrupt,
}

#[derive(Clone, Copy, ValueEnum)]
enum Net {
    /// 3 Gbit/s, 0.3 ms round trip
    Lan,
    /// 400 Mbit/s, 40 ms round trip
    Wan,
    /// As fast as this machine
    None,
}

/// What a child process plays. The parent passes its own options on.
#[derive(Subcommand)]
enum Role {
    #[command(hide = true)]
    Server {
        #[command(flatten)]
        options: Options,
        #[arg(long)]
        dealer: Option<SocketAddr>,
    },
    #[command(hide = true)]
    Dealer {
        #[command(flatten)]
        options: Options,
    },
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help_or_mistake) => {
            // Nowhere is left to report to if printing fails.
            let _ = help_or_mistake.print();
            return ExitCode::from(if help_or_mistake.use_stderr() { FAILED } else { 0 });
        }
    };
    let options = match &cli.role {
        Some(Role::Server { options, .. } | Role::Dealer { options }) => options,
        None => &cli.options,
    };
    let result = match options.backend {
        Protocol::Cheetah => run::<Cheetah>(options, cli.role.as_ref()),
        Protocol::Additive => run::<Additive>(options, cli.role.as_ref()),
        Protocol::Clear => run::<Clear>(options, cli.role.as_ref()),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(FAILED)
    })
}

fn run<B: Backend>(options: &Options, role: Option<&Role>) -> Result<ExitCode> {
    match role {
        None => return client::<B>(options),
        Some(Role::Server { dealer, .. }) => {
            let model = data::model(options)?;
            print!("{}", parties::serve::<B>(&announce()?, *dealer, options, model)?);
        }
        Some(Role::Dealer { .. }) => show::dealt(&parties::deal::<B>(&announce()?)?),
    }
    Ok(ExitCode::SUCCESS)
}

/// The client, which also starts the other processes.
fn client<B: Backend>(options: &Options) -> Result<ExitCode> {
    let start = Instant::now();
    let data = Data::load(&options.data, options.model)?;
    let queries = data.queries(options.queries)?;
    let policy = policy::<B>(options, data.checks.len())?;

    let dealer = B::DEALER.map(|_| Process::start("dealer", &[])).transpose()?;
    let address = dealer.as_ref().map(Process::address);
    let extra: Vec<OsString> =
        address.iter().flat_map(|at| ["--dealer".into(), at.to_string().into()]).collect();
    let server = Process::start("server", &extra)?;

    let outcome = parties::infer::<B>(server.address(), address, options, policy, &data, queries);
    let (served, dealt) = (server.finish(), dealer.map(Process::finish).transpose());
    let status = match outcome {
        Ok(Outcome::Accepted(answers)) => {
            show::answers(queries, answers.iter().map(Label::digit));
            show::model(&data);
            if let Some(Cheat::Swap) = options.cheat {
                show::harmless();
            }
            println!("\n{}", answers.report());
            ExitCode::SUCCESS
        }
        Ok(Outcome::Rejected { reason, report }) => {
            show::rejection(&reason, &report);
            ExitCode::from(REJECTED)
        }
        Ok(Outcome::EndedEarly(why)) => {
            show::early_end(&why);
            ExitCode::from(REJECTED)
        }
        Err(error) => {
            // The other processes know more than the connection that they closed.
            let others = [served.err(), dealt.err()];
            let others = others.iter().flatten().map(|error| format!("\n  {error}"));
            return Err(format!("{error}{}", others.collect::<String>()).into());
        }
    };
    match served {
        Ok(costs) => println!("Server's side\n{costs}"),
        Err(error) => println!("Server's side\n  {error}\n"),
    }
    match dealt {
        Ok(text) => print!("{}", text.unwrap_or_default()),
        Err(error) => println!("Dealer's side\n  {error}\n"),
    }
    println!("{:.1?} from start to end, with the start of all processes", start.elapsed());
    Ok(status)
}

/// The cheapest batch, all checks to be right.
fn policy<B: Backend>(options: &Options, checks: usize) -> Result<Policy> {
    let declared = B::DECLARATION.soundness;
    if options.soundness < declared {
        let asked = options.soundness;
        return Err(format!(
            "--soundness {asked} is weaker than {} may run: ask for {declared} or more",
            B::NAME
        )
        .into());
    }
    let risk = RiskTargets::NONE.per_query(options.risk);
    let planner =
        Planner::new(options.queries, options.soundness).risk(risk).available_checks(checks);
    // The checks have the model's own answers: an honest server fails none.
    let targets =
        options.unacceptable.map(|worst| AccuracyTargets::model_answers(worst, CONFIDENCE));
    Ok(Policy::plan(&targets.transpose()?.map_or(planner, |targets| planner.accuracy(targets)))?)
}
