//! The tutorial: a protocol before and after annotation, each with an honest server and with one
//! that lies in a single answer.
//!
//!     cargo run --release --example annotate
//!
//! The client holds eight numbers, the server eight weights; the client learns the dot product. It
//! encrypts its numbers under a key of its own, so the server learns nothing, whatever it does. But
//! nothing keeps the server from computing something else.

use std::{
    error::Error,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use fusion::{Check, Connection, Policy, Server};
use fusion_core::misbehave::{Cheat, Cheating, CheatingServer};
use rand::{CryptoRng, RngExt, rand_core::UnwrapErr, rngs::SysRng};

/// What a researcher writes.
mod before {
    use super::*;

    pub(crate) struct DotProduct;

    impl DotProduct {
        pub(crate) fn ask(
            numbers: &[i64],
            channel: &mut (impl Read + Write),
            rng: &mut impl CryptoRng,
        ) -> io::Result<i64> {
            let key = Key::random(rng);
            for &number in numbers {
                key.encrypt(number, rng).write(channel)?;
            }
            Ok(key.decrypt(&Ciphertext::read(channel)?))
        }

        pub(crate) fn answer(weights: &[i64], channel: &mut (impl Read + Write)) -> io::Result<()> {
            let mut sum = Ciphertext::zero();
            for &weight in weights {
                sum.add_scaled(&Ciphertext::read(channel)?, weight);
            }
            sum.write(channel)
        }
    }
}

/// The same with four lines more. Nothing else is different.
mod after {
    use super::*;

    // 1: how sure, what it keeps secret, and that a key per execution keeps executions apart
    #[fusion::harden(soundness = 40, privacy = malicious, executions = isolated)]
    pub(crate) struct DotProduct;

    #[fusion::harden] // 2: the phases are in here
    impl DotProduct {
        #[fusion::client(online, query = numbers)] // 3: the client's side, and its input
        pub(crate) fn ask(
            numbers: &[i64],
            channel: &mut (impl Read + Write),
            rng: &mut impl CryptoRng,
        ) -> io::Result<i64> {
            let key = Key::random(rng);
            for &number in numbers {
                key.encrypt(number, rng).write(channel)?;
            }
            Ok(key.decrypt(&Ciphertext::read(channel)?))
        }

        #[fusion::server(online)] // 4: the server's side
        pub(crate) fn answer(weights: &[i64], channel: &mut (impl Read + Write)) -> io::Result<()> {
            let mut sum = Ciphertext::zero();
            for &weight in weights {
                sum.add_scaled(&Ciphertext::read(channel)?, weight);
            }
            sum.write(channel)
        }
    }
}

const WEIGHTS: [i64; WIDTH] = [3, -1, 4, 1, -5, 7, 2, -6];
const QUERIES: usize = 16;
/// The query about which the server lies to the plain client.
const VICTIM: usize = 11;

fn main() -> Result<(), Box<dyn Error>> {
    let queries: Vec<Vec<i64>> = (0..QUERIES as i64).map(sample).collect();
    let truth: Vec<i64> = queries.iter().map(|query| dot(query)).collect();

    println!("--- before: the server lies about query {VICTIM}, and the client believes it ---");
    let believed = plain(&queries)?;
    println!("right answers {truth:?}\nits answers   {believed:?}\n");
    assert_ne!(believed, truth);

    println!("--- after, with an honest server ---");
    let answers = hardened(&queries, false)?;
    println!("{answers}\n");

    println!("--- after, with a server that lies in one execution ---");
    match hardened(&queries, true) {
        Ok(_) => Err("the lie went unnoticed".into()),
        Err(error) => {
            println!("{error}");
            Ok(())
        }
    }
}

/// One execution after the other, as before.
fn plain(queries: &[Vec<i64>]) -> io::Result<Vec<i64>> {
    let (mut here, mut there) = sockets()?;
    let server = thread::spawn(move || {
        (0..QUERIES).try_for_each(|query| {
            let mut weights = WEIGHTS;
            weights[0] += i64::from(query == VICTIM);
            before::DotProduct::answer(&weights, &mut there)
        })
    });
    let mut rng = UnwrapErr(SysRng);
    let ask = |query: &Vec<i64>| before::DotProduct::ask(query, &mut here, &mut rng);
    let answers = queries.iter().map(ask).collect();
    server.join().map_err(|_| io::Error::other("the server panicked"))??;
    answers
}

/// One batch: every query several times, mixed with checks whose answers the client knows.
fn hardened(queries: &[Vec<i64>], lie: bool) -> Result<String, Box<dyn Error>> {
    let (here, there) = sockets()?;
    let mut connection = Connection::tcp(there)?;
    let server = thread::spawn(move || {
        let mut rng = UnwrapErr(SysRng);
        if lie {
            let party = CheatingServer::new((), Cheat::Flip { slots: 1 });
            Server::<Cheating<after::DotProduct>>::with(party).serve(
                &mut connection,
                &WEIGHTS,
                &mut rng,
            )
        } else {
            after::DotProductServer::new().serve(&mut connection, &WEIGHTS, &mut rng)
        }
    });
    // The client has bought or computed these answers beforehand; some are drawn for the batch.
    let checks = (100..250).map(|n| Check::model_answer(sample(n), dot(&sample(n)))).collect();
    let mut client = after::DotProductClient::new(
        Policy::against_any_server("1%".parse()?, 40, queries.len())?,
        checks,
    );
    let mut connection = Connection::tcp(here)?;
    let answers = client.infer(&mut connection, &(), queries, &mut UnwrapErr(SysRng));
    drop(connection);
    server.join().map_err(|_| "the server panicked")??;
    let answers = answers?;
    Ok(format!("{:?}\n\n{}", *answers, answers.report()))
}

fn sample(n: i64) -> Vec<i64> {
    (1..=WIDTH as i64).map(|k| (n * k * k + k) % 16).collect()
}

fn dot(numbers: &[i64]) -> i64 {
    numbers.iter().zip(WEIGHTS).map(|(number, weight)| number * weight).sum()
}

fn sockets() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let here = TcpStream::connect(listener.local_addr()?)?;
    Ok((here, listener.accept()?.0))
}

const WIDTH: usize = 8;
/// Learning with errors over Z_2^64: dimension, size of the noise, and size of a message's unit.
/// Sums of eight products of 4-bit numbers stay exact: 8 * 8 * 2^40 < 2^48 / 2.
const DIMENSION: usize = 1024;
const NOISE: i64 = 1 << 40;
const UNIT: i64 = 1 << 48;

struct Key(Vec<u64>);

/// A mask, and the message under it.
struct Ciphertext(Vec<u64>);

impl Key {
    fn random(rng: &mut impl CryptoRng) -> Self {
        Self((0..DIMENSION).map(|_| rng.random()).collect())
    }

    fn encrypt(&self, message: i64, rng: &mut impl CryptoRng) -> Ciphertext {
        let mut parts: Vec<u64> = (0..DIMENSION).map(|_| rng.random()).collect();
        let noisy = message.wrapping_mul(UNIT).wrapping_add(rng.random_range(-NOISE..NOISE));
        parts.push(self.mask(&parts).wrapping_add(noisy.cast_unsigned()));
        Ciphertext(parts)
    }

    fn decrypt(&self, Ciphertext(parts): &Ciphertext) -> i64 {
        let masked = parts.last().copied().unwrap_or_default();
        let noisy = masked.wrapping_sub(self.mask(parts)).cast_signed();
        noisy.wrapping_add(UNIT / 2).div_euclid(UNIT)
    }

    fn mask(&self, parts: &[u64]) -> u64 {
        self.0.iter().zip(parts).fold(0, |sum, (k, a)| sum.wrapping_add(k.wrapping_mul(*a)))
    }
}

impl Ciphertext {
    fn zero() -> Self {
        Self(vec![0; DIMENSION + 1])
    }

    fn add_scaled(&mut self, other: &Self, weight: i64) {
        for (sum, part) in self.0.iter_mut().zip(&other.0) {
            *sum = sum.wrapping_add(part.wrapping_mul(weight.cast_unsigned()));
        }
    }

    fn write(&self, channel: &mut impl Write) -> io::Result<()> {
        self.0.iter().try_for_each(|part| channel.write_all(&part.to_le_bytes()))
    }

    fn read(channel: &mut impl Read) -> io::Result<Self> {
        let mut bytes = vec![0; (DIMENSION + 1) * 8];
        channel.read_exact(&mut bytes)?;
        Ok(Self(bytes.as_chunks().0.iter().map(|part| u64::from_le_bytes(*part)).collect()))
    }
}
