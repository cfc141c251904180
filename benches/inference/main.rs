//! What private inference costs: the backend `cheetah`, client and server as two processes on this
//! machine, over TCP on the loopback and over emulated networks, for single queries and batches; and
//! hardened batches beside as many plain executions.
//!
//!     cargo xtask bench-inference
//!     cargo xtask bench-inference --networks lenet5 --slots 1,64 --links wan
//!
//! Every label is compared with that of the reference executor.

mod child;
mod networks;
mod table;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};
use fusion::Network;

use child::{Job, Run};
use networks::Which;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// Measures private inference.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    party: Option<Party>,
}

#[derive(clap::Args)]
struct Options {
    /// Which networks
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "dnn784,lenet5,minionn,squeezenet,resnet50"
    )]
    networks: Vec<Which>,

    /// How many queries at once
    #[arg(long, value_delimiter = ',', default_value = "1,8,64")]
    slots: Vec<usize>,

    /// Over which networks
    #[arg(long, value_enum, value_delimiter = ',', default_value = "loopback,lan,wan")]
    links: Vec<Link>,

    /// Queries of a hardened batch, for the networks that are small enough; 0 for none
    #[arg(long, default_value_t = 128)]
    hardened: usize,

    /// MiB for each party, beside the weights: larger batches are left out
    #[arg(long, default_value_t = 6144)]
    memory: u64,

    /// The folder for inference.md and inference.svg; without it, nothing is written
    #[arg(long)]
    out: Option<PathBuf>,

    /// What cargo passes to benchmarks
    #[arg(long, hide = true)]
    bench: bool,
}

/// A process of its own.
#[derive(Subcommand)]
enum Party {
    #[command(hide = true)]
    Client(Job),
    #[command(hide = true)]
    Server(Job),
}

/// What is between the parties.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Link {
    /// As fast as this machine
    Loopback,
    /// 3 Gbit/s, 0.3 ms round trip
    Lan,
    /// 400 Mbit/s, 40 ms round trip
    Wan,
}

impl Link {
    fn name(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Lan => "lan",
            Self::Wan => "wan",
        }
    }

    fn emulated(self) -> Option<Network> {
        match self {
            Self::Loopback => None,
            Self::Lan => Some(Network::LAN),
            Self::Wan => Some(Network::WAN),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.party {
        Some(Party::Client(job)) => child::client(job),
        Some(Party::Server(job)) => child::server(job),
        None => measure(&cli.options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // For the process that started both, which needs to know why.
        Err(error) if cli.party.is_some() => {
            println!("refused {error}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result {
    let (mut runs, mut refused) = (Vec::new(), Vec::new());
    println!("{}", table::ABOUT);
    println!("{}", table::HEADER);
    for network in &options.networks {
        for &slots in &options.slots {
            for &link in &options.links {
                let job = Job::plain(*network, slots, link, options.memory);
                match measured(&job)? {
                    Ok(run) => runs.push(run),
                    // So it would be over any link.
                    Err(refusal) => {
                        refused.push(refusal);
                        break;
                    }
                }
            }
        }
        let hardened = options.hardened;
        if hardened > 0 && network.is_small() {
            for &link in &options.links {
                let batch = measured(&Job::hardened(*network, hardened, link, options.memory))??;
                let plain = Job::plain(*network, batch.executions, link, options.memory);
                runs.extend([batch, measured(&plain)??]);
            }
        }
    }
    println!("\n{}\n{}\n{}", table::tax(&runs), table::kinds(&runs), table::layers(&runs));
    if let Some(folder) = &options.out {
        table::write(folder, &runs, &refused)?;
    }
    Ok(())
}

/// Runs a job, and prints its row. The inner error is the row of a batch that takes too much memory.
fn measured(job: &Job) -> Result<Result<Run, String>> {
    let result = job
        .run()?
        .map_err(|refusal| format!("| {} plain | {} | {refusal} |", job.network.name(), job.slots));
    println!("{}", result.as_ref().map_or_else(String::clone, table::row));
    Ok(result)
}
