//! Is the client's number at least the server's threshold? A garbled comparison.
//!
//! The server garbles and the client evaluates, so the client learns the answer. From the lowest
//! bit up, one gate per bit turns a carry into the next. The threshold is inside the gates, which
//! all look alike. The labels of the client's bits go by oblivious transfer.
//!
//! # Security
//!
//! The garbler sees the client's side of the transfers, whose distribution is the same for every
//! number, and nothing else. The evaluator decodes by colour, so no labels or gates make it fail: a
//! garbler that deviates learns nothing about the number from the messages.
//!
//! It may learn from what becomes of the answer. A wrong label for one value of one bit makes the
//! answer random for the numbers that have this bit, and leaves the others alone (selective
//! failure). So whoever lets the garbler see that an answer was refused, by asking again, say,
//! tells it a bit of the number.
//!
//! The threshold is hidden from an evaluator that follows the protocol, but for what the answers
//! say about it.

mod circuit;

use std::{
    fmt,
    io::{self, Read, Write},
};

use rand::CryptoRng;

use self::circuit::{Circuit, Wire, colour, evaluate, gate, wire, xor};
use crate::ot;

/// Bits of a number.
pub const BITS: usize = 32;

/// What the parties talk through.
pub trait Channel {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// What was sent travels now, and not before.
    fn flush(&mut self) -> io::Result<()>;
    fn receive(&mut self, bytes: &mut [u8]) -> io::Result<()>;
}

/// A channel that collects what is sent.
pub struct Buffered<S> {
    stream: S,
    pending: Vec<u8>,
}

impl<S: Read + Write> Buffered<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, pending: Vec::new() }
    }
}

impl<S: Read + Write> Channel for Buffered<S> {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.pending)?;
        self.pending.clear();
        self.stream.flush()
    }

    fn receive(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.stream.read_exact(bytes)
    }
}

/// Why a comparison failed.
#[derive(Debug)]
pub enum GcError {
    Channel(io::Error),
    /// The peer sent something that is not a point of the curve.
    NotAPoint,
    /// There is no circuit: it was not prepared, or used already.
    NoCircuit,
}

impl fmt::Display for GcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(error) => error.fmt(f),
            Self::NotAPoint => f.write_str("the peer sent a malformed transfer"),
            Self::NoCircuit => f.write_str("garble a circuit first; each is good for one number"),
        }
    }
}

impl std::error::Error for GcError {}

impl From<io::Error> for GcError {
    fn from(error: io::Error) -> Self {
        Self::Channel(error)
    }
}

pub type GcResult<T> = Result<T, GcError>;

/// The server: knows the threshold.
#[fusion::harden(soundness = 40, privacy = malicious, executions = isolated, client = Evaluator)]
pub struct Garbler {
    threshold: u32,
    inputs: Vec<Wire>,
    transfers: Option<ot::Sender>,
}

#[fusion::harden(server, channel = Buffered::new, instance = |it| Self::new(it.threshold))]
impl Garbler {
    pub fn new(threshold: u32) -> Self {
        Self { threshold, inputs: Vec::new(), transfers: None }
    }

    /// Garbles a comparator and sends it. The number need not be known yet.
    #[fusion::server(offline)]
    pub fn send_circuit<R: CryptoRng>(
        &mut self,
        channel: &mut dyn Channel,
        rng: &mut R,
    ) -> GcResult<()> {
        let transfers = ot::Sender::new(rng);
        channel.send(&transfers.announce())?;
        self.transfers = Some(transfers);
        self.inputs = (0..BITS).map(|_| wire(rng)).collect();
        // Equal numbers leave the first carry as it is, and it says "at least".
        let mut carry = wire(rng);
        channel.send(&carry[1])?;
        for (i, input) in self.inputs.iter().enumerate() {
            let next = wire(rng);
            let bit = self.threshold >> i & 1;
            channel.send(gate(i, bit as usize, input, &carry, &next).as_flattened())?;
            carry = next;
        }
        channel.send(&[colour(&carry[0])])?;
        Ok(channel.flush()?)
    }

    /// Transfers a label for each bit of the number.
    #[fusion::server(online)]
    pub fn send_labels(&mut self, channel: &mut dyn Channel) -> GcResult<()> {
        let transfers = self.transfers.take().ok_or(GcError::NoCircuit)?;
        for (i, input) in self.inputs.drain(..).enumerate() {
            let mut choice = [0; 32];
            channel.receive(&mut choice)?;
            let pads = transfers.pads(i, &choice).ok_or(GcError::NotAPoint)?;
            channel.send(&xor(&input[0], &pads[0]))?;
            channel.send(&xor(&input[1], &pads[1]))?;
        }
        Ok(channel.flush()?)
    }
}

/// The client: knows the number, learns the answer.
#[derive(Default)]
pub struct Evaluator {
    circuit: Option<Circuit>,
    transfers: Option<ot::Receiver>,
}

#[fusion::harden(client, channel = Buffered::new, instance = |_| Self::default())]
impl Evaluator {
    /// Receives a garbled comparator.
    #[fusion::client(offline)]
    pub fn receive_circuit(&mut self, channel: &mut dyn Channel) -> GcResult<()> {
        let (mut announced, mut carry, mut zero) = ([0; 32], [0; 16], [0]);
        let mut gates = vec![[[0; 16]; 4]; BITS];
        channel.receive(&mut announced)?;
        channel.receive(&mut carry)?;
        channel.receive(gates.as_flattened_mut().as_flattened_mut())?;
        channel.receive(&mut zero)?;
        self.transfers = Some(ot::Receiver::new(announced).ok_or(GcError::NotAPoint)?);
        self.circuit = Some(Circuit { gates, carry, zero: zero[0] });
        Ok(())
    }

    /// Whether `number` is at least the threshold.
    #[fusion::client(online, query = number)]
    pub fn compare<R: CryptoRng>(
        &mut self,
        number: u32,
        channel: &mut dyn Channel,
        rng: &mut R,
    ) -> GcResult<bool> {
        let transfers = self.transfers.take().ok_or(GcError::NoCircuit)?;
        let circuit = self.circuit.take().ok_or(GcError::NoCircuit)?;
        let mut pads = Vec::with_capacity(BITS);
        for i in 0..BITS {
            let (choice, pad) = transfers.choose(i, number >> i & 1 == 1, rng);
            channel.send(&choice)?;
            pads.push(pad);
        }
        channel.flush()?;
        let mut carry = circuit.carry;
        for (i, (gate, pad)) in circuit.gates.iter().zip(&pads).enumerate() {
            let mut masked = [[0; 16]; 2];
            channel.receive(masked.as_flattened_mut())?;
            let input = xor(&masked[(number >> i & 1) as usize], pad);
            carry = evaluate(i, gate, &input, &carry);
        }
        Ok(colour(&carry) != circuit.zero & 1)
    }
}
