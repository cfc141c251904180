//! What the server has of the client: requests.

use rand::CryptoRng;

use super::client::check_inputs;
use super::encode::Encoding;
use super::error::RlweError;
use super::ntt::PIECE;
use super::params::Parameters;
use super::poly::Values;
use super::sample::{Sampler, Seed, uniform};
use super::wire::Incoming;
use crate::cheetah::nonlinear::Shares;

/// A pair of polynomials; the second plus the first times the secret is the message with its noise.
pub(super) struct Cipher {
    pub(super) first: Values,
    pub(super) second: Values,
}

impl Cipher {
    /// A piece of both halves.
    pub(super) fn pieces(&self, which: usize) -> Option<[&[u64; PIECE]; 2]> {
        Some([self.first.pieces().get(which)?, self.second.pieces().get(which)?])
    }

    pub(super) fn pieces_mut(&mut self, which: usize) -> Option<[&mut [u64; PIECE]; 2]> {
        Some([self.first.pieces_mut().get_mut(which)?, self.second.pieces_mut().get_mut(which)?])
    }

    /// Polynomial number `index` of a message with this seed.
    fn read(
        parameters: &Parameters,
        seed: &Seed,
        index: u64,
        incoming: &mut Incoming<'_>,
    ) -> Result<Self, RlweError> {
        let second = incoming.values(parameters)?;
        Ok(Self { first: uniform(parameters, seed, index), second })
    }
}

/// The encrypted inputs of a layer.
pub struct Request {
    encoding: Encoding,
    /// An encryption of zero: the public key, with which responses are made random.
    pub(super) zero: Cipher,
    /// For each group, one for each block of channels.
    pub(super) ciphers: Vec<Cipher>,
}

impl Request {
    /// Reads what [`Pending::request`](super::Pending::request) made.
    ///
    /// # Errors
    ///
    /// [`RlweError::Malformed`] for anything that it does not make for this layer.
    pub fn decode(encoding: &Encoding, bytes: &[u8]) -> Result<Self, RlweError> {
        let mut incoming = Incoming::new(bytes, encoding.request_bytes())?;
        let (parameters, seed) = (encoding.parameters(), incoming.seed()?);
        let zero = Cipher::read(parameters, &seed, 0, &mut incoming)?;
        let mut ciphers = Vec::with_capacity(encoding.requests());
        for (_, index) in (0..encoding.requests()).zip(1..) {
            ciphers.push(Cipher::read(parameters, &seed, index, &mut incoming)?);
        }
        Ok(Self { encoding: encoding.clone(), zero, ciphers })
    }

    /// Adds the server's own shares of the inputs.
    ///
    /// # Errors
    ///
    /// [`RlweError::Count`] if they are not as many as the layer has inputs; [`RlweError::Shape`] if
    /// they are of another ring.
    pub fn add<R: CryptoRng>(&mut self, shares: &Shares, rng: &mut R) -> Result<(), RlweError> {
        check_inputs(&self.encoding, shares)?;
        let parameters = self.encoding.parameters();
        let mut sampler = Sampler::new(rng);
        for (which, cipher) in self.ciphers.iter_mut().enumerate() {
            let numbers = self.encoding.request(which, shares.values());
            let scaled = Values::scaled(parameters, &numbers, &[], &mut sampler);
            cipher.second.add(parameters, &scaled);
        }
        Ok(())
    }

    pub(super) fn encoding(&self) -> &Encoding {
        &self.encoding
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("ciphers", &self.ciphers.len()).finish_non_exhaustive()
    }
}
