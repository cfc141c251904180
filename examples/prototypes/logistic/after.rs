//! Logistic regression on shares modulo 2^64, with a dealer.
//!
//! The client has features x, the server has weights w and a bias; the client learns the score
//! <w, x> + bias, exactly. Before x is known, the dealer gives the client (b, c0) and the server
//! (a, c1), random but for c0 + c1 = <a, b>. Then
//!
//! - client -> server: d = x - b
//! - server -> client: e = w - a, and s = <w, d> + c1 + bias
//! - client: s + <e, b> + c0 is the score.
//!
//! # Security
//!
//! The dealer is trusted to deal honestly and to collude with neither; it sees neither x nor w. Then
//! b is uniform and d hides x, whatever the server does, and nothing that the server sends makes
//! the client fail. The client learns the score alone, if it follows the protocol; the scores of
//! DIM + 1 inputs of its choice give the model away.

pub mod dealer;

use std::{
    fmt,
    io::{self, Read, Write},
    marker::PhantomData,
};

/// A number in multiples of 2^-FRAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed<const FRAC: u32>(pub i64);

impl<const FRAC: u32> From<f64> for Fixed<FRAC> {
    fn from(number: f64) -> Self {
        Self((number * f64::from(FRAC).exp2()).round() as i64)
    }
}

/// What the server has learned from its training data.
pub struct Model<const DIM: usize, const FRAC: u32> {
    pub weights: [Fixed<FRAC>; DIM],
    pub bias: Fixed<FRAC>,
}

/// The answer: the score in multiples of 2^-2FRAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prediction<const FRAC: u32>(pub i64);

impl<const FRAC: u32> Prediction<FRAC> {
    /// Whether the positive class is the more likely one.
    pub fn is_positive(self) -> bool {
        self.0 >= 0
    }

    /// How likely the positive class is.
    pub fn probability(self) -> f64 {
        let score = self.0 as f64 / f64::from(2 * FRAC).exp2();
        1.0 / (1.0 + (-score).exp())
    }
}

/// Why a run failed.
#[derive(Debug)]
pub enum LogisticError {
    Io(io::Error),
    /// A party asked the dealer for another number of features.
    Dimension {
        expected: usize,
        found: u64,
    },
}

impl fmt::Display for LogisticError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "i/o: {error}"),
            Self::Dimension { expected, found } => {
                write!(f, "{found} features asked for, {expected} dealt")
            }
        }
    }
}

impl std::error::Error for LogisticError {}

impl From<io::Error> for LogisticError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The client's part of an inner product; good for one run.
pub struct ClientTriple<const DIM: usize> {
    b: [u64; DIM],
    c: u64,
}

/// The server's part of an inner product; good for one run.
pub struct ServerTriple<const DIM: usize> {
    a: [u64; DIM],
    c: u64,
}

/// The protocol; `D` is a party's connection to the dealer.
#[fusion::harden(
    soundness = 40,
    privacy = malicious,
    executions = isolated,
    assumes = "a dealer that deals honestly and colludes with neither party"
)]
pub struct Logistic<D, const DIM: usize, const FRAC: u32>(PhantomData<D>);

#[fusion::harden]
impl<D, const DIM: usize, const FRAC: u32> Logistic<D, DIM, FRAC>
where
    for<'a> &'a D: Read + Write,
{
    /// Gets material for one run from the dealer.
    #[fusion::client(offline, local)]
    pub fn client_offline(dealer: &D) -> Result<ClientTriple<DIM>, LogisticError> {
        let mut dealer = dealer;
        send(&mut dealer, &[DIM as u64])?;
        Ok(ClientTriple { b: receive(&mut dealer)?, c: receive_one(&mut dealer)? })
    }

    /// Gets material for one run from the dealer.
    #[fusion::server(offline, local)]
    pub fn server_offline(dealer: &D) -> Result<ServerTriple<DIM>, LogisticError> {
        let mut dealer = dealer;
        send(&mut dealer, &[DIM as u64])?;
        Ok(ServerTriple { a: receive(&mut dealer)?, c: receive_one(&mut dealer)? })
    }

    /// Scores the features.
    #[fusion::client(online, query = features)]
    pub fn client_online<In, Out>(
        triple: ClientTriple<DIM>,
        features: &[Fixed<FRAC>; DIM],
        reader: &mut In,
        writer: &mut Out,
    ) -> Result<Prediction<FRAC>, LogisticError>
    where
        In: Read,
        Out: Write,
    {
        send(writer, &minus(features, &triple.b))?;
        let e: [u64; DIM] = receive(reader)?;
        let share = receive_one(reader)?;
        let own = dot(&e, &triple.b).wrapping_add(triple.c);
        Ok(Prediction(share.wrapping_add(own) as i64))
    }

    /// Lets the client score its features.
    #[fusion::server(online)]
    pub fn server_online<In, Out>(
        triple: ServerTriple<DIM>,
        model: &Model<DIM, FRAC>,
        reader: &mut In,
        writer: &mut Out,
    ) -> Result<(), LogisticError>
    where
        In: Read,
        Out: Write,
    {
        let d: [u64; DIM] = receive(reader)?;
        let bias = (model.bias.0 as u64).wrapping_shl(FRAC);
        let weights = model.weights.map(|weight| weight.0 as u64);
        let share = dot(&weights, &d).wrapping_add(triple.c).wrapping_add(bias);
        send(writer, &minus(&model.weights, &triple.a))?;
        send(writer, &[share])?;
        Ok(())
    }
}

fn minus<const DIM: usize, const FRAC: u32>(
    secret: &[Fixed<FRAC>; DIM],
    mask: &[u64; DIM],
) -> [u64; DIM] {
    std::array::from_fn(|i| (secret[i].0 as u64).wrapping_sub(mask[i]))
}

fn dot(left: &[u64], right: &[u64]) -> u64 {
    left.iter().zip(right).fold(0, |sum, (l, r)| sum.wrapping_add(l.wrapping_mul(*r)))
}

fn send(writer: &mut impl Write, words: &[u64]) -> io::Result<()> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    writer.write_all(&bytes)?;
    writer.flush()
}

fn receive<const N: usize>(reader: &mut impl Read) -> io::Result<[u64; N]> {
    let mut words = [0; N];
    for word in &mut words {
        *word = receive_one(reader)?;
    }
    Ok(words)
}

fn receive_one(reader: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}
