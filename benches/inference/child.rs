//! The two processes of a run, and what they report: lines of words.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use fusion::{
    Check, Connection, Costs, Limits, Policy, Stage,
    channel::{Emulated, TcpChannel},
};
use fusion_backends::{
    cheetah::{
        Answer, Cheetah, CheetahClient, CheetahServer, Description, LayerCost, LinearLayer,
        Outputs, Served,
    },
    model::{Model, argmax, networks::PIXELS},
};
use fusion_core::semi_honest;
use rand::{rand_core::UnwrapErr, rngs::SysRng};

use crate::{Link, Result, networks::Which};

/// A run: what both processes are told.
#[derive(Clone, clap::Args)]
pub(crate) struct Job {
    #[arg(long, value_enum)]
    pub(crate) network: Which,
    /// Executions of a plain run; queries of a hardened one.
    #[arg(long)]
    pub(crate) slots: usize,
    #[arg(long, value_enum)]
    pub(crate) link: Link,
    #[arg(long)]
    pub(crate) hardened: bool,
    /// MiB
    #[arg(long)]
    pub(crate) memory: u64,
    #[arg(long, default_value = "")]
    pub(crate) server: String,
    /// Of the model, as JSON.
    #[arg(long, default_value = "")]
    pub(crate) description: String,
}

/// What a run cost, at the client, once the server was warm.
pub(crate) struct Run {
    pub(crate) job: Job,
    pub(crate) executions: usize,
    pub(crate) setup: Cost,
    pub(crate) offline: Cost,
    pub(crate) online: Cost,
    pub(crate) layers: Vec<Layer>,
    /// How each linear layer was computed.
    pub(crate) linear: Vec<Linear>,
    /// Seconds that the server took to prepare its weights, once.
    pub(crate) prepare: f64,
    /// MiB at most, of both processes.
    pub(crate) peak: [f64; 2],
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    pub(crate) bytes: f64,
    pub(crate) rounds: f64,
}

/// What a layer cost, online.
pub(crate) struct Layer {
    pub(crate) layer: usize,
    pub(crate) kind: String,
    pub(crate) cost: Cost,
}

/// A linear layer, as the server computed it.
pub(crate) struct Linear {
    pub(crate) layer: usize,
    /// Bits of the ring, set, path.
    pub(crate) words: [String; 3],
    /// Bits.
    pub(crate) hiding: f64,
    /// Bits.
    pub(crate) margin: f64,
}

const SOUNDNESS: u32 = 40;
/// The last one is measured.
const RUNS: usize = 2;
/// Of transformed weights, in bytes.
const ROOM: usize = 4 << 30;

impl Job {
    pub(crate) fn plain(network: Which, slots: usize, link: Link, memory: u64) -> Self {
        let (server, description) = (String::new(), String::new());
        Self { network, slots, link, hardened: false, memory, server, description }
    }

    pub(crate) fn hardened(network: Which, queries: usize, link: Link, memory: u64) -> Self {
        Self { hardened: true, ..Self::plain(network, queries, link, memory) }
    }

    /// Starts both processes. The inner error is a batch that is too large.
    pub(crate) fn run(&self) -> Result<Result<Run, String>> {
        let mut server = Process::start("server", self)?;
        let description = server.line()?;
        let description =
            description.strip_prefix("description ").ok_or("the server has no model")?.into();
        let address = server.line()?;
        let address =
            address.strip_prefix("address ").ok_or("the server did not start")?.to_owned();
        let job = Self { server: address, description, ..self.clone() };
        let mut client = Process::start("client", &job)?;
        let lines = client.lines()?;
        let server_lines = server.lines()?;
        // Whoever refuses says why; the other one only that the connection ended.
        let refusals = server_lines.iter().chain(&lines);
        let refusals = refusals.filter_map(|line| line.strip_prefix("refused "));
        if let Some(refusal) = refusals.max_by_key(|refusal| refusal.contains("the limit is")) {
            return Ok(Err(refusal.into()));
        }
        let mut run = Run {
            job: self.clone(),
            executions: 0,
            setup: Cost::default(),
            offline: Cost::default(),
            online: Cost::default(),
            layers: Vec::new(),
            linear: Vec::new(),
            prepare: 0.0,
            peak: [0.0; 2],
        };
        let mut labels = Vec::new();
        for (party, line) in
            lines.iter().map(|line| (0, line)).chain(server_lines.iter().map(|line| (1, line)))
        {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["executions", count] => run.executions = count.parse()?,
                ["setup", cost @ ..] => run.setup = Cost::parse(cost)?,
                ["offline", cost @ ..] => run.offline = Cost::parse(cost)?,
                ["online", cost @ ..] => run.online = Cost::parse(cost)?,
                ["layer", layer, kind, cost @ ..] => run.layers.push(Layer {
                    layer: layer.parse()?,
                    kind: (*kind).into(),
                    cost: Cost::parse(cost)?,
                }),
                ["linear", layer, ring, set, path, hiding, margin] => run.linear.push(Linear {
                    layer: layer.parse()?,
                    words: [ring, set, path].map(|word| (*word).into()),
                    hiding: hiding.parse()?,
                    margin: margin.parse()?,
                }),
                ["prepare", seconds] => run.prepare = seconds.parse()?,
                ["peak", mebibytes] => run.peak[party] = mebibytes.parse()?,
                ["labels", all @ ..] => {
                    labels = all.iter().map(|label| label.parse()).collect::<Result<_, _>>()?;
                }
                _ => return Err(format!("not understood: {line}").into()),
            }
        }
        self.check(&labels)?;
        Ok(Ok(run))
    }

    /// The labels against the reference executor.
    fn check(&self, labels: &[usize]) -> Result {
        let model = self.network.model();
        let queries = self.network.queries(self.slots, model.architecture().inputs());
        // Where that would take minutes, the first few.
        let count = if self.network.is_small() { queries.len() } else { queries.len().min(2) };
        for (slot, query) in queries.iter().enumerate().take(count) {
            let expected = argmax(&model.infer(query)?);
            if labels.get(slot).copied() != expected {
                return Err(
                    format!("slot {slot}: label {:?}, not {expected:?}", labels.get(slot)).into()
                );
            }
        }
        Ok(())
    }
}

impl Cost {
    fn parse(words: &[&str]) -> Result<Self> {
        let &[seconds, bytes, rounds] = words else { return Err("three numbers, please".into()) };
        Ok(Self { seconds: seconds.parse()?, bytes: bytes.parse()?, rounds: rounds.parse()? })
    }
}

/// The server's process.
pub(crate) fn server(job: &Job) -> Result {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let served = Served::new(job.network.model(), PIXELS)?.with_room_for_weights(ROOM);
    let slots = executions(job)?;
    let start = std::time::Instant::now();
    served.prepare(slots)?;
    let prepare = start.elapsed().as_secs_f64();
    println!("description {}", serde_json::to_string(served.description())?);
    println!("address {}", listener.local_addr()?);
    let mut rng = UnwrapErr(SysRng);
    for _ in 0..RUNS {
        let mut connection = connection(listener.accept()?.0, job.link)?;
        let mut party = party(Cheetah::server(), job);
        if job.hardened {
            CheetahServer::with(party).serve(&mut connection, &served, &mut rng)?;
        } else {
            semi_honest::serve::<Cheetah, _>(&mut party, &mut connection, &served, &mut rng)?;
        }
    }
    for LinearLayer { layer, ring, set, path, hiding, margin, .. } in served.linear_layers(slots)? {
        println!("linear {layer} {} {set:?} {path:?} {hiding} {margin}", ring.bits());
    }
    println!("prepare {prepare}\npeak {}", peak()?);
    Ok(())
}

/// The client's process.
pub(crate) fn client(job: &Job) -> Result {
    // A client has no weights; only where it needs answers to checks, it gets them from the model.
    let description: Description = serde_json::from_str(&job.description)?;
    let queries = job.network.queries(job.slots, description.architecture().inputs());
    let checks = if job.hardened { checks(job, &job.network.model())? } else { Vec::new() };
    let mut rng = UnwrapErr(SysRng);
    let mut last = None;
    for _ in 0..RUNS {
        let mut connection = connection(TcpStream::connect(&job.server)?, job.link)?;
        let mut party = party(Cheetah::client(), job);
        last = Some(if job.hardened {
            let policy = Policy::against_blind_tampering(SOUNDNESS, job.slots)?;
            let mut client = CheetahClient::with(party, policy, clone(&checks));
            let answers = client.infer(&mut connection, &description, &queries, &mut rng)?;
            let costs = answers.report().costs.clone();
            (answers.into_inner(), costs, Vec::new())
        } else {
            let (answers, costs) = semi_honest::infer::<Cheetah, _>(
                &mut party,
                &mut connection,
                &description,
                &queries,
                &mut rng,
            )?;
            (answers, costs, party.costs().to_vec())
        });
    }
    let (answers, costs, layers) = last.ok_or("no run")?;
    report(job, &answers, &costs, &layers)
}

fn report(job: &Job, answers: &[Answer], costs: &Costs, layers: &[LayerCost]) -> Result {
    println!("executions {}", executions(job)?);
    for (name, stage) in
        [("setup", Stage::Setup), ("offline", Stage::Offline), ("online", Stage::Online)]
    {
        let cost = costs.of_stage(stage);
        let (bytes, seconds) = (cost.sent + cost.received, cost.time.as_secs_f64());
        println!("{name} {seconds} {bytes} {}", cost.rounds);
    }
    for LayerCost { layer, kind, sent, received, time } in layers {
        println!("layer {layer} {kind} {} {} 0", time.as_secs_f64(), sent + received);
    }
    let labels: Vec<String> = answers
        .iter()
        .map(|answer| answer.label().map_or_else(|| "none".into(), |label| label.to_string()))
        .collect();
    println!("labels {}\npeak {}", labels.join(" "), peak()?);
    Ok(())
}

fn party(party: Cheetah, job: &Job) -> Cheetah {
    party.with_memory(job.memory << 20)
}

/// Slots of the run.
fn executions(job: &Job) -> Result<usize> {
    if !job.hardened {
        return Ok(job.slots);
    }
    let policy = Policy::against_blind_tampering(SOUNDNESS, job.slots)?;
    Ok(policy.parameters(job.slots)?.slots())
}

type Checks = Vec<(Vec<i64>, Answer)>;

fn checks(job: &Job, model: &Model) -> Result<Checks> {
    let count = Policy::against_blind_tampering(SOUNDNESS, job.slots)?.checks();
    let width = model.architecture().inputs();
    let samples = job.network.queries(job.slots + count, width).split_off(job.slots);
    let checks = samples.into_iter().map(|sample| {
        let answer = Answer::of(&model.infer(&sample)?, Outputs::Label);
        Ok((sample, answer))
    });
    checks.collect()
}

fn clone(checks: &Checks) -> Vec<Check<Vec<i64>, Answer>> {
    checks.iter().cloned().map(|(sample, answer)| Check::model_answer(sample, answer)).collect()
}

fn connection(stream: TcpStream, link: Link) -> Result<Connection> {
    // Servers of large networks are silent for long.
    let patience = Duration::from_secs(600);
    let limits = Limits { message: patience, phase: 6 * patience };
    let channel = TcpChannel::new(stream, patience)?;
    Ok(match link.emulated() {
        Some(network) => Connection::with_limits(Emulated::new(channel, network), limits),
        None => Connection::with_limits(channel, limits),
    })
}

/// The most memory that this process had, in MiB.
fn peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.map_or(Ok(0), str::parse::<u64>)? / 1024)
}

/// A child that does not outlive this value.
struct Process(Child, BufReader<Box<dyn Read>>);

impl Process {
    fn start(role: &str, job: &Job) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(role).args(["--network", job.network.name(), "--link", job.link.name()]);
        command.args(["--slots", &job.slots.to_string(), "--memory", &job.memory.to_string()]);
        command.args(["--server", &job.server, "--description", &job.description]);
        command.args(job.hardened.then_some("--hardened"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        Ok(Self(child, BufReader::new(Box::new(output))))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.1.read_line(&mut line)?;
        Ok(line.trim().into())
    }

    /// All lines, once it has ended well.
    fn lines(&mut self) -> Result<Vec<String>> {
        let lines = self.1.by_ref().lines().collect::<Result<Vec<_>, _>>()?;
        let status = self.0.wait()?;
        if status.success() { Ok(lines) } else { Err(format!("a party failed: {status}").into()) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
