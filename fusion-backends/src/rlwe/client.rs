//! The client: its key, its requests, and what it makes of responses.

#![allow(
    clippy::indexing_slicing,
    reason = "lengths are the encoding's own, messages are read as many numbers as it says"
)]

use rand::CryptoRng;
use rayon::prelude::*;
use zeroize::Zeroizing;

use super::encode::Encoding;
use super::error::RlweError;
use super::ntt::Table;
use super::params::Parameters;
use super::poly::Values;
use super::sample::{Sampler, uniform};
use super::together;
use super::wire::{Incoming, put_values};
use crate::nonlinear::Shares;

/// A layer under way at the client: the key of its request, until the response is there.
pub struct Pending {
    encoding: Encoding,
    secret: Values,
}

impl Pending {
    /// The request for a layer, which has this party's shares of the inputs, and what opens the
    /// response. The key is fresh; its public half goes with the request.
    ///
    /// # Errors
    ///
    /// [`RlweError::Count`] if the shares are not as many as the layer has inputs;
    /// [`RlweError::Shape`] if they are of another ring.
    ///
    /// # Security
    ///
    /// What is sent is indistinguishable from random bits by RLWE, whatever the shares are: they
    /// cannot depend on a key that did not exist.
    pub fn request<R: CryptoRng>(
        encoding: &Encoding,
        inputs: &Shares,
        rng: &mut R,
    ) -> Result<(Self, Vec<u8>), RlweError> {
        check_inputs(encoding, inputs)?;
        let (parameters, mut sampler) = (encoding.parameters(), Sampler::new(rng));
        let degree = parameters.degree();
        let secret = Values::of_small(parameters.tables(), &sampler.ternary(degree));
        let seed = sampler.seed();
        let samplers = sampler.fork(encoding.requests().strict_add(1));
        let mut bytes = vec![0; encoding.request_bytes()];
        let (start, polynomials) = bytes.split_at_mut(seed.len());
        start.copy_from_slice(&seed);
        let polynomials = polynomials.par_chunks_exact_mut(parameters.request_bytes().max(1));
        polynomials.zip(samplers).enumerate().for_each(|(index, (bytes, mut sampler))| {
            // The first polynomial is zero, which makes it the public key.
            let numbers = index.checked_sub(1).map_or_else(
                || Zeroizing::new(vec![0; degree]),
                |which| encoding.request(which, inputs.values()),
            );
            let errors = sampler.errors(degree);
            let mut second = Values::scaled(parameters, &numbers, Some(&errors), &mut sampler);
            let mut product = Values::zero(parameters);
            product.add_product(parameters, &uniform(parameters, &seed, index as u64), &secret);
            second.subtract(parameters, &product);
            put_values(parameters, &second, bytes);
        });
        Ok((Self { encoding: encoding.clone(), secret }, bytes))
    }

    /// This party's shares of a layer's results.
    ///
    /// # Errors
    ///
    /// [`RlweError::Malformed`] if these bytes are not a response to that layer.
    ///
    /// # Security
    ///
    /// Whether this fails depends on the bytes alone, never on the key, which is used up either way.
    /// If the server deviates, the shares may be anything, and may depend on the key: what the caller
    /// sends must depend on them through masks or encryption only, as in the layers of this backend.
    pub fn open(self, response: &[u8]) -> Result<Shares, RlweError> {
        let parameters = self.encoding.parameters();
        let bits = parameters.bits();
        let mut shares = self.unrounded(response)?;
        for share in shares.iter_mut() {
            let rounded = share.wrapping_add(1 << 63_u32.wrapping_sub(bits));
            *share = rounded.wrapping_shr(64_u32.wrapping_sub(bits));
        }
        Ok(Shares::new(parameters.width(), shares.iter().copied()))
    }

    /// The shares with the noise below them, modulo 1 in units of 2^-64.
    pub(super) fn unrounded(&self, response: &[u8]) -> Result<Zeroizing<Vec<u64>>, RlweError> {
        let encoding = &self.encoding;
        let parameters = encoding.parameters();
        let mut incoming = Incoming::new(response, encoding.response_bytes())?;
        let mut parts = Vec::with_capacity(encoding.responses());
        for which in 0..encoding.responses() {
            parts.push(incoming.take(parameters.response_bytes(encoding.needed(which)))?);
        }
        let opened = parts.into_par_iter().enumerate();
        let opened: Result<Vec<_>, _> =
            opened.map(|(which, bytes)| self.open_one(which, bytes)).collect();
        let mut shares = Zeroizing::new(vec![0; encoding.shape().outputs_len()]);
        for (which, numbers) in opened?.iter().enumerate() {
            for ((_, result), number) in together(encoding.results(which), numbers.iter()) {
                shares[result] = *number;
            }
        }
        Ok(shares)
    }

    /// The needed numbers of one response.
    fn open_one(&self, which: usize, bytes: &[u8]) -> Result<Zeroizing<Vec<u64>>, RlweError> {
        let (encoding, parameters) = (&self.encoding, self.encoding.parameters());
        let second = parameters.second_width();
        let mut incoming = Incoming::new(bytes, bytes.len())?;
        let first = incoming.numbers(parameters.first_width(), parameters.degree())?;
        let needed = incoming.numbers(second, encoding.needed(which))?;
        let product = self.product(parameters, &first);
        let numbers =
            together(encoding.results(which), needed.iter()).map(|((place, _), second_half)| {
                let whole = second_half.wrapping_shl(64_u32.wrapping_sub(second.bits()));
                whole.wrapping_add(product[place])
            });
        let mut opened = Zeroizing::new(Vec::with_capacity(needed.len()));
        opened.extend(numbers);
        Ok(opened)
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
        let tables = together(parameters.tables(), self.secret.each(parameters));
        let products = tables.map(|(table, secret)| (table, multiply(table, secret)));
        let mut products: Vec<_> = products.take(2).collect();
        let ((table, high), (low_table, low)) = (products.remove(1), products.remove(0));
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
        // Room for all: a vector that grows leaves secrets behind.
        let mut lifted = Zeroizing::new(Vec::with_capacity(low.len()));
        lifted.extend(together(low.iter(), high.iter()).map(lift));
        lifted
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

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("shape", self.encoding.shape()).finish_non_exhaustive()
    }
}
