//! The client: its key, its requests, and what it makes of responses.

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::encode::Encoding;
use super::error::RlweError;
use super::ntt::Table;
use super::params::Parameters;
use super::poly::Values;
use super::sample::{SEED, Sampler, uniform};
use super::wire::{Incoming, put_values};
use crate::cheetah::nonlinear::Shares;

/// The client's key, for all layers of the same [`Set`](super::Set), whatever the width of numbers.
pub struct SecretKey {
    parameters: Parameters,
    secret: Values,
}

impl SecretKey {
    /// A fresh key.
    pub fn generate<R: CryptoRng>(parameters: &Parameters, rng: &mut R) -> Self {
        let secret = Sampler::new(rng).ternary(parameters.degree());
        let secret = Values::of_small(parameters, &secret);
        Self { parameters: parameters.clone(), secret }
    }

    /// The public key: an encryption of zero, with which the server makes its responses random. Send
    /// it once for a connection.
    pub fn public_key<R: CryptoRng>(&self, rng: &mut R) -> Vec<u8> {
        self.encrypt(&self.parameters, 1, |_| Zeroizing::new(Vec::new()), rng)
    }

    /// The request for a layer, which has this party's shares of the inputs.
    ///
    /// # Errors
    ///
    /// [`RlweError::Count`] if the shares are not as many as the layer has inputs;
    /// [`RlweError::Shape`] if they, or the encoding, are of another ring.
    ///
    /// # Security
    ///
    /// What is sent is indistinguishable from random bits by RLWE, and made of fresh randomness and
    /// the shares alone: nothing that the server ever sent goes in.
    pub fn request<R: CryptoRng>(
        &self,
        encoding: &Encoding,
        inputs: &Shares,
        rng: &mut R,
    ) -> Result<Vec<u8>, RlweError> {
        self.check(encoding)?;
        check_inputs(encoding, inputs)?;
        let numbers = |which| encoding.request(which, inputs.values());
        Ok(self.encrypt(encoding.parameters(), encoding.requests(), numbers, rng))
    }

    /// This party's shares of a layer's results.
    ///
    /// # Errors
    ///
    /// [`RlweError::Malformed`] if these bytes are not a response to that layer;
    /// [`RlweError::Shape`] if the encoding is for another set of parameters.
    ///
    /// # Security
    ///
    /// Whether this fails depends on the bytes alone, never on the key. The shares may be anything if
    /// the server deviates, and may then depend on the key: what the caller sends must not depend on
    /// them but through a mask, as in the layers of this backend.
    pub fn open(&self, encoding: &Encoding, response: &[u8]) -> Result<Shares, RlweError> {
        self.check(encoding)?;
        let parameters = encoding.parameters();
        let mut incoming = Incoming::new(response, encoding.response_bytes())?;
        let mut shares = Zeroizing::new(vec![0; encoding.shape().outputs_len()]);
        let (bits, second) = (parameters.bits(), parameters.second_width());
        for which in 0..encoding.responses() {
            let first = incoming.numbers(parameters.first_width(), parameters.degree())?;
            let needed = incoming.numbers(second, encoding.needed(which))?;
            let product = self.product(parameters, &first);
            for ((place, result), second_half) in encoding.results(which).zip(needed.iter()) {
                let half = product.get(place).copied().unwrap_or(0);
                let whole = second_half.wrapping_shl(64_u32.wrapping_sub(second.bits()));
                let rounded = whole.wrapping_add(half).wrapping_add(1 << 63_u32.wrapping_sub(bits));
                if let Some(share) = shares.get_mut(result) {
                    *share = rounded.wrapping_shr(64_u32.wrapping_sub(bits));
                }
            }
        }
        Ok(Shares::new(parameters.width(), shares.iter().copied()))
    }

    /// The first half of a response times the secret, modulo 1 in units of 2^-64.
    ///
    /// With the numbers as signed ones, coefficients of the product are at most (N - 1) 2^(width - 1)
    /// in magnitude, which two primes determine. (A secret has a zero among its coefficients but with
    /// a chance of 2^-2000.)
    fn product(&self, parameters: &Parameters, first: &[u64]) -> Zeroizing<Vec<u64>> {
        let width = parameters.first_width();
        let multiply = |table: &Table, secret: &[u64]| {
            let prime = table.prime();
            let one = prime.factor(1);
            let all = prime.mul_factor(width.mask(), one);
            let all = prime.add(all, 1);
            let residue = |number: &u64| {
                // Less 2^width if the highest bit is set. No secret is among these.
                let is_negative = number.wrapping_shr(width.bits().wrapping_sub(1));
                prime.sub(prime.mul_factor(*number, one), all.wrapping_mul(is_negative))
            };
            let mut numbers: Vec<u64> = first.iter().map(residue).collect();
            table.forward(&mut numbers);
            let mut product = Zeroizing::new(vec![0; numbers.len()]);
            table.multiply_add(&mut product, &numbers, secret);
            table.inverse(&mut product);
            product
        };
        let tables = parameters.tables().iter().zip(self.secret.each(parameters));
        let mut products = tables.take(2).map(|(table, secret)| (table, multiply(table, secret)));
        let (Some((low_table, low)), Some((table, high))) = (products.next(), products.next())
        else {
            return Zeroizing::default();
        };
        let (p, prime) = (low_table.prime().value(), table.prime());
        let one = prime.factor(1);
        let inverse = prime.factor(prime.invert(prime.mul_factor(p, one)));
        let modulus = u128::from(p).wrapping_mul(u128::from(prime.value()));
        let shift = 64_u32.wrapping_sub(width.bits());
        let lift = |(low, high): (&u64, &u64)| {
            let quotient = prime.mul_factor(prime.sub(*high, prime.mul_factor(*low, one)), inverse);
            let whole = u128::from(p).wrapping_mul(u128::from(quotient));
            let whole = whole.wrapping_add(u128::from(*low));
            let is_negative = (modulus >> 1).wrapping_sub(whole) >> 127;
            (whole.wrapping_sub(modulus.wrapping_mul(is_negative)) as u64).wrapping_shl(shift)
        };
        Zeroizing::new(low.iter().zip(high.iter()).map(lift).collect())
    }

    /// Encrypts polynomials over Z_2^l, with a seed for all first halves.
    fn encrypt<R: CryptoRng>(
        &self,
        parameters: &Parameters,
        count: usize,
        numbers: impl Fn(usize) -> Zeroizing<Vec<u64>>,
        rng: &mut R,
    ) -> Vec<u8> {
        let mut sampler = Sampler::new(rng);
        let seed = sampler.seed();
        let mut bytes = Vec::with_capacity(
            count.saturating_mul(parameters.request_bytes()).saturating_add(SEED),
        );
        bytes.extend_from_slice(&seed);
        for (which, index) in (0..count).zip(0..) {
            let errors = sampler.errors(parameters.degree());
            let mut numbers = numbers(which);
            numbers.resize(parameters.degree(), 0);
            let mut second = Values::scaled(parameters, &numbers, &errors, &mut sampler);
            let mut product = Values::zero(parameters);
            product.add_product(parameters, &uniform(parameters, &seed, index), &self.secret);
            second.subtract(parameters, &product);
            put_values(parameters, &second, &mut bytes);
        }
        bytes
    }

    fn check(&self, encoding: &Encoding) -> Result<(), RlweError> {
        if encoding.parameters().set() == self.parameters.set() {
            Ok(())
        } else {
            Err(RlweError::Shape("its parameters are not those of the key"))
        }
    }

    #[cfg(test)]
    pub(super) fn values(&self) -> &Values {
        &self.secret
    }
}

/// Whether these are inputs of that layer.
pub(super) fn check_inputs(encoding: &Encoding, inputs: &Shares) -> Result<(), RlweError> {
    let expected = encoding.shape().inputs_len();
    if inputs.width() != encoding.parameters().width() {
        return Err(RlweError::Shape("its ring is not that of the inputs"));
    }
    if inputs.len() == expected {
        Ok(())
    } else {
        Err(RlweError::Count { expected, found: inputs.len() })
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretKey").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}
