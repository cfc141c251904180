//! What the server has of the client: its public key, and requests.

use rand::CryptoRng;

use super::encode::Encoding;
use super::error::RlweError;
use super::ntt::PIECE;
use super::params::Parameters;
use super::poly::Values;
use super::sample::{SEED, Sampler, uniform};
use super::secret::check_inputs;
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

    fn read(
        parameters: &Parameters,
        count: usize,
        incoming: &mut Incoming<'_>,
    ) -> Result<Vec<Self>, RlweError> {
        let seed = incoming.seed()?;
        let mut ciphers = Vec::with_capacity(count);
        for (_, index) in (0..count).zip(0..) {
            let second = incoming.values(parameters)?;
            ciphers.push(Self { first: uniform(parameters, &seed, index), second });
        }
        Ok(ciphers)
    }
}

/// The client's public key.
pub struct PublicKey {
    parameters: Parameters,
    pub(super) zero: Cipher,
}

impl PublicKey {
    /// Reads what [`SecretKey::public_key`](super::SecretKey::public_key) made.
    ///
    /// # Errors
    ///
    /// [`RlweError::Malformed`] for anything that it does not make.
    pub fn decode(parameters: &Parameters, bytes: &[u8]) -> Result<Self, RlweError> {
        let length = Self::bytes(parameters);
        let ciphers = Cipher::read(parameters, 1, &mut Incoming::new(bytes, length)?)?;
        let zero = ciphers.into_iter().next().ok_or(RlweError::Shape("no key"))?;
        Ok(Self { parameters: parameters.clone(), zero })
    }

    /// Bytes of a key.
    #[must_use]
    pub fn bytes(parameters: &Parameters) -> usize {
        parameters.request_bytes().saturating_add(SEED)
    }

    pub(super) fn parameters(&self) -> &Parameters {
        &self.parameters
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicKey").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

/// The encrypted inputs of a layer.
pub struct Request {
    encoding: Encoding,
    /// For each group, one for each block of channels.
    pub(super) ciphers: Vec<Cipher>,
}

impl Request {
    /// Reads what [`SecretKey::request`](super::SecretKey::request) made.
    ///
    /// # Errors
    ///
    /// [`RlweError::Malformed`] for anything that it does not make for this layer.
    pub fn decode(encoding: &Encoding, bytes: &[u8]) -> Result<Self, RlweError> {
        let mut incoming = Incoming::new(bytes, encoding.request_bytes())?;
        let ciphers = Cipher::read(encoding.parameters(), encoding.requests(), &mut incoming)?;
        Ok(Self { encoding: encoding.clone(), ciphers })
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
