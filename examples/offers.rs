//! Which of ten offers suits both sides best, without a dealer and without either side telling what
//! an offer is worth to it: oblivious transfers, and layers on shared numbers.
//!
//!     cargo run --release --example offers
//!     cargo run --release --example offers -- --cheat
//!
//! The client and the server are two processes. Both have a worth for each offer. Their worths are
//! shares of the sum; `label` finds the largest sum, and opens its place to the client alone.

use std::{
    env,
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, ExitCode, Stdio},
};

use fusion::{Check, Connection, Policy, Server};
use fusion_backends::{
    nonlinear::{LayerError, Layers, Material, Need, Shares},
    ot::{self, Ends, OtError, Width, softspoken::Depth},
};
use fusion_core::{
    misbehave::{Cheat, Cheating, CheatingServer},
    transcript::Role,
};
use rand::{CryptoRng, RngExt, SeedableRng, rand_core::UnwrapErr, rngs::StdRng, rngs::SysRng};

const OFFERS: usize = 10;
/// A worth is -1000 to 1000, and up to 3000 in a check, so that differences of sums are below 2^13.
const MOST: i64 = 1000;

/// A party. Its oblivious transfers serve every batch on a connection.
#[fusion::harden(
    soundness = 40,
    privacy = malicious,
    executions = isolated,
    assumes = "elliptic-curve Diffie-Hellman, AES and BLAKE3 as ideal functions"
)]
struct BestOffer {
    transfers: Option<Ends>,
    material: Material,
}

#[fusion::harden]
impl BestOffer {
    fn new(role: Role) -> Self {
        Self { transfers: None, material: Material::new(role) }
    }

    #[fusion::server(setup)]
    fn set_up_server<S: Read + Write, R: CryptoRng>(
        &mut self,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), LayerError> {
        self.set_up(stream, rng)
    }

    #[fusion::client(setup)]
    fn set_up_client<S: Read + Write, R: CryptoRng>(
        &mut self,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), LayerError> {
        self.set_up(stream, rng)
    }

    #[fusion::server(offline, batch)]
    fn prepare_server<S: Read + Write, R: CryptoRng>(
        &mut self,
        slots: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), LayerError> {
        self.prepare(slots, stream, rng)
    }

    #[fusion::client(offline, batch)]
    fn prepare_client<S: Read + Write, R: CryptoRng>(
        &mut self,
        slots: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), LayerError> {
        self.prepare(slots, stream, rng)
    }

    #[fusion::server(online, batch)]
    fn answer<S: Read + Write>(
        &mut self,
        worths: &[i64],
        slots: usize,
        stream: &mut S,
    ) -> Result<(), LayerError> {
        let shares = Shares::of(width(), &worths.repeat(slots));
        Layers::new(&mut self.material, stream).label(OFFERS, &shares).map(|_| ())
    }

    #[fusion::client(online, batch, query = queries)]
    fn ask<S: Read + Write>(
        &mut self,
        queries: &[Vec<i64>],
        stream: &mut S,
    ) -> Result<Vec<Option<usize>>, LayerError> {
        let shares = Shares::of(width(), &queries.concat());
        let labels = Layers::new(&mut self.material, stream).label(OFFERS, &shares)?;
        Ok(labels.unwrap_or_default())
    }

    fn set_up<S: Read + Write, R: CryptoRng>(
        &mut self,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), LayerError> {
        let policy = ot::Policy::SoftSpoken(Depth::Four);
        self.transfers = Some(ot::setup(self.material.role(), policy, b"offers", stream, rng)?);
        Ok(())
    }

    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        slots: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), LayerError> {
        let need = Need::argmax(width(), OFFERS, slots);
        let transfers = self.transfers.as_mut().ok_or(OtError::Broken)?;
        let Ends { sender, receiver, .. } = transfers;
        Ok(self.material.prepare(&need, sender, receiver, stream, rng)?)
    }
}

/// One bit more than differences of sums take.
fn width() -> Width {
    Width::new(14).unwrap_or(Width::WORD)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let result = if has("server") { serve(has("--cheat")) } else { ask(has("--cheat")) };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn ask(cheat: bool) -> Result<(), Box<dyn Error>> {
    let mut server = Command::new(env::current_exe()?)
        .arg("server")
        .args(cheat.then_some("--cheat"))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut address = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut address)?;
    let mut connection = Connection::tcp(TcpStream::connect(address.trim())?)?;

    let queries: Vec<_> = (0..8).map(worths_of).collect();
    // Questions whose answers the client knows: an offer that is worth so much that nothing of the
    // server's counts. They catch a server that tampers; what offers are worth to it is its own to
    // say, so there is nothing else to catch.
    let checks = (0..100).map(|n| {
        let mut worths = worths_of(100 + n);
        worths.iter_mut().for_each(|worth| *worth -= MOST);
        worths[n as usize % OFFERS] = 3 * MOST;
        Check::model_answer(worths, Some(n as usize % OFFERS))
    });
    let policy = Policy::against_any_server("1%".parse()?, 40, queries.len())?;
    let party = BestOffer::new(Role::Client);
    let mut client = BestOfferClient::with(party, policy, checks.collect());
    let answers = client.infer(&mut connection, &(), &queries, &mut UnwrapErr(SysRng));
    drop(connection);
    server.wait()?;
    let answers = answers?;

    let places: Vec<_> = answers.iter().flatten().collect();
    println!("the best offers: {places:?}\n\n{}", answers.report());
    // Only this demonstration knows what both are worth.
    let best = |query: &Vec<i64>| {
        let sums: Vec<_> = query.iter().zip(server_worths()).map(|(a, b)| a + b).collect();
        sums.iter().position(|sum| Some(sum) == sums.iter().max())
    };
    let expected: Vec<_> = queries.iter().map(best).collect();
    if expected == *answers { Ok(()) } else { Err("wrong answers".into()) }
}

fn serve(cheat: bool) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let mut connection = Connection::tcp(listener.accept()?.0)?;
    let (party, mut rng) = (BestOffer::new(Role::Server), UnwrapErr(SysRng));
    let worths = server_worths();
    if cheat {
        let party = CheatingServer::new(party, Cheat::Flip { slots: 1 });
        Server::<Cheating<BestOffer>>::with(party).serve(&mut connection, &worths[..], &mut rng)?;
    } else {
        BestOfferServer::with(party).serve(&mut connection, &worths[..], &mut rng)?;
    }
    Ok(())
}

/// Something that looks like anybody's.
fn worths_of(who: u64) -> Vec<i64> {
    let mut rng = StdRng::seed_from_u64(who);
    (0..OFFERS).map(|_| rng.random_range(-MOST..=MOST)).collect()
}

fn server_worths() -> Vec<i64> {
    worths_of(99)
}
