//! A toy protocol, hardened by implementing the trait, run by two processes over a socket: once
//! with an honest server and once with one that cheats.
//!
//!     cargo run --release --example toy

use std::{
    env,
    error::Error,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
};

use fusion::{
    Check, Client, ClientRun, Connection, Declaration, Declared, Exact, Phase, PhaseError, Policy,
    Privacy, SemiHonest, Server, ServerRun, Stage,
};
use fusion_core::misbehave::{Cheat, Cheating, CheatingServer};
use rand::{rand_core::UnwrapErr, rngs::SysRng};

/// The base protocol: the client sends a number, the server answers with its polynomial at that
/// number. It hides nothing from the server; hardening makes the answers right, not private.
struct Polynomial;

impl Declared for Polynomial {
    const DECLARATION: Declaration = Declaration::new(40).privacy(Privacy::Public);
}

impl SemiHonest for Polynomial {
    const NAME: &'static str = "polynomial";
    const PHASES: &'static [Phase] = &[Phase::new(Stage::Online, "ask", "answer")];

    type Client = ();
    type Server = ();
    type ClientContext = ();
    type ServerContext = [i64];
    type Query = i64;
    type Output = i64;
    type Error = std::io::Error;
    type Agreement = Exact;
    type ClientState = ();
    type ServerState = ();

    fn client_phase(
        _: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> Result<(), PhaseError<std::io::Error>> {
        let query = *run.batch.query()?;
        let answer = ask(run.wire, query).map_err(PhaseError::Protocol)?;
        run.outputs.push(answer);
        Ok(())
    }

    fn server_phase(
        _: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<std::io::Error>> {
        answer(run.wire, run.context).map_err(PhaseError::Protocol)
    }
}

fn ask(channel: &mut (impl Read + Write), query: i64) -> std::io::Result<i64> {
    channel.write_all(&query.to_le_bytes())?;
    let mut answer = [0; 8];
    channel.read_exact(&mut answer)?;
    Ok(i64::from_le_bytes(answer))
}

fn answer(channel: &mut (impl Read + Write), coefficients: &[i64]) -> std::io::Result<()> {
    let mut query = [0; 8];
    channel.read_exact(&mut query)?;
    let at = i64::from_le_bytes(query);
    channel.write_all(&evaluate(coefficients, at).to_le_bytes())
}

fn evaluate(coefficients: &[i64], at: i64) -> i64 {
    coefficients.iter().rev().fold(0, |sum, &c| sum.wrapping_mul(at).wrapping_add(c))
}

/// 3 + 2x + x^2
const MODEL: [i64; 3] = [3, 2, 1];

fn main() -> Result<(), Box<dyn Error>> {
    match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [role, address, cheat] if role == "server" => serve(address, cheat == "cheat"),
        _ => {
            for server in ["honest", "cheat"] {
                println!("--- {server} server ---");
                infer(server)?;
            }
            Ok(())
        }
    }
}

fn infer(server: &str) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut process = Command::new(env::current_exe()?)
        .args(["server", &listener.local_addr()?.to_string(), server])
        .stdin(Stdio::null())
        .spawn()?;
    let mut connection = Connection::tcp(listener.accept()?.0)?;

    // The client knows the right answer at 20 public points; 8 of them are drawn for the batch.
    let checks = (100..120).map(|x| Check::exact(x, evaluate(&MODEL, x))).collect();
    let queries: Vec<i64> = (1..=16).collect();
    let policy = Policy::cheapest(40, queries.len())?;
    let result = Client::<Polynomial>::new(policy, checks).infer(
        &mut connection,
        &(),
        &queries,
        &mut UnwrapErr(SysRng),
    );
    drop(connection);
    process.wait()?;
    match result {
        Ok(answers) => {
            println!("{:?}\n{}", *answers, answers.report());
            assert_eq!(server, "honest");
        }
        Err(error) => {
            println!("rejected: {error}\n");
            assert_eq!(server, "cheat");
        }
    }
    Ok(())
}

fn serve(address: &str, cheat: bool) -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::tcp(TcpStream::connect(address)?)?;
    let mut rng = UnwrapErr(SysRng);
    if cheat {
        let party = CheatingServer::new((), Cheat::Flip { slots: 1 });
        Server::<Cheating<Polynomial>>::with(party).serve(&mut connection, &MODEL, &mut rng)?;
    } else {
        Server::<Polynomial>::new().serve(&mut connection, &MODEL, &mut rng)?;
    }
    Ok(())
}
