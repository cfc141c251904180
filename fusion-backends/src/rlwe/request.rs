//! What the server has of the client: requests.

use rand::CryptoRng;
use rayon::prelude::*;

use super::client::check_inputs;
use super::encode::Encoding;
use super::error::{Malformed, RlweError};
use super::ntt::PIECE;
use super::params::Parameters;
use super::poly::Values;
use super::sample::{Sampler, Seed, uniform};
use super::wire::Incoming;
use crate::nonlinear::Shares;

/// A pair of polynomials; the second plus the first times the secret is the message with its noise.
pub(super) struct Cipher {
    pub(super) first: Values,
    pub(super) second: Values,
}

impl Cipher {
    /// A piece of both halves. There must be one of that number.
    #[allow(clippy::indexing_slicing, reason = "both halves are as long as polynomials are")]
    pub(super) fn pieces(&self, which: usize) -> [&[u64; PIECE]; 2] {
        [&self.first.pieces()[which], &self.second.pieces()[which]]
    }

    /// Polynomial number `index` of a message with this seed, and its bytes.
    fn read(
        parameters: &Parameters,
        seed: &Seed,
        index: u64,
        bytes: &[u8],
    ) -> Result<Self, RlweError> {
        let second = Incoming::new(bytes, parameters.request_bytes())?.values(parameters)?;
        Ok(Self { first: uniform(parameters, seed, index), second })
    }
}

/// The encrypted inputs of a layer.
pub struct Request {
    encoding: Encoding,
    /// An encryption of zero: the public key, with which responses are made random.
    pub(super) zero: Cipher,
    /// For each merged group and patch, one for each block of channels.
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
        // All are public, and any that is malformed ends it with the same error.
        let polynomials = incoming.rest().par_chunks_exact(parameters.request_bytes().max(1));
        let read = |(index, bytes)| Cipher::read(parameters, &seed, index as u64, bytes);
        let all: Result<Vec<_>, _> = polynomials.enumerate().map(read).collect();
        let mut ciphers = all?.into_iter();
        let zero = ciphers.next().ok_or(RlweError::Malformed(Malformed::Length))?;
        let ciphers = ciphers.collect();
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
        let samplers = Sampler::new(rng).fork(self.ciphers.len());
        let ciphers = self.ciphers.par_iter_mut().zip(samplers).enumerate();
        ciphers.for_each(|(which, (cipher, mut sampler))| {
            let numbers = self.encoding.request(which, shares.values());
            let scaled = Values::scaled(parameters, &numbers, None, &mut sampler);
            cipher.second.add(parameters, &scaled);
        });
        Ok(())
    }

    /// Adds what two other requests differ by, as if all were under one key: an attack.
    #[cfg(test)]
    pub(crate) fn add_difference(&mut self, plus: &Self, minus: &Self) {
        let parameters = self.encoding.parameters();
        let others = plus.ciphers.iter().zip(&minus.ciphers);
        for (cipher, (plus, minus)) in self.ciphers.iter_mut().zip(others) {
            cipher.first.add(parameters, &plus.first);
            cipher.second.add(parameters, &plus.second);
            cipher.first.subtract(parameters, &minus.first);
            cipher.second.subtract(parameters, &minus.second);
        }
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
