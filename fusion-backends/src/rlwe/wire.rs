//! What travels: numbers of a few bits, packed, and read strictly.

use zeroize::Zeroizing;

use super::error::{Malformed, RlweError};
use super::params::Parameters;
use super::poly::Values;
use super::sample::{SEED, Seed};
use super::together;
use crate::ot::bits::{pack, unpack};
use crate::ot::{Malformed as OtMalformed, OtError, Width};

/// A polynomial: its values for each prime, each in as many bits as the prime has.
pub(super) fn put_values(parameters: &Parameters, values: &Values, mut bytes: &mut [u8]) {
    for (table, values) in together(parameters.tables(), values.each(parameters)) {
        let packed = pack(width(table.prime().bits()), values);
        let (place, rest) = bytes.split_at_mut(packed.len());
        place.copy_from_slice(&packed);
        bytes = rest;
    }
}

/// A message that is read from its start.
pub(super) struct Incoming<'a>(&'a [u8]);

impl<'a> Incoming<'a> {
    /// A message that must be so long.
    pub(super) fn new(bytes: &'a [u8], length: usize) -> Result<Self, RlweError> {
        if bytes.len() == length { Ok(Self(bytes)) } else { Err(malformed(Malformed::Length)) }
    }

    /// What is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], RlweError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(malformed(Malformed::Length))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn seed(&mut self) -> Result<Seed, RlweError> {
        let mut seed = [0; SEED];
        seed.copy_from_slice(self.take(SEED)?);
        Ok(seed)
    }

    pub(super) fn numbers(
        &mut self,
        width: Width,
        count: usize,
    ) -> Result<Zeroizing<Vec<u64>>, RlweError> {
        unpack(width, count, self.take(width.bytes(count))?).map_err(|error| match error {
            OtError::Malformed(OtMalformed::Padding) => malformed(Malformed::Padding),
            _ => malformed(Malformed::Length),
        })
    }

    pub(super) fn values(&mut self, parameters: &Parameters) -> Result<Values, RlweError> {
        let mut all = Vec::with_capacity(parameters.numbers());
        for table in parameters.tables() {
            let prime = table.prime();
            let values = self.numbers(width(prime.bits()), parameters.degree())?;
            // All are public, so the first that is wrong may end it.
            if values.iter().any(|value| *value >= prime.value()) {
                return Err(malformed(Malformed::Coefficient));
            }
            all.extend_from_slice(&values);
        }
        Ok(Values::new(all))
    }
}

fn malformed(what: Malformed) -> RlweError {
    RlweError::Malformed(what)
}

#[allow(clippy::expect_used, reason = "primes have at most 50 bits, as a test of the sets says")]
fn width(bits: u32) -> Width {
    Width::new(bits).expect("a prime has fewer than 64 bits")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rlwe::Set;

    fn parameters(set: Set) -> Parameters {
        Parameters::new(set, Width::new(37).unwrap()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Primes are so close to a power of two that garbage is mostly a polynomial: so a few
        /// coefficients are made as large as they can be.
        #[test]
        fn garbage_is_refused_or_is_the_only_encoding(
            seed: u64, ones in 0_usize..3, at: prop::sample::Index, wrong in -1_isize..=1, which in 0..Set::ALL.len(),
        ) {
            use rand::{Rng, SeedableRng};
            let parameters = parameters(Set::ALL[which]);
            let expected = parameters.request_bytes();
            let mut bytes = vec![0; expected.strict_add_signed(wrong)];
            rand::rngs::StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
            let at = at.index(bytes.len() - 40);
            bytes[at..at + ones * 10].fill(0xff);
            let read = Incoming::new(&bytes, expected).and_then(|mut all| all.values(&parameters));
            match read {
                Ok(values) => {
                    let mut again = vec![0; expected];
                    put_values(&parameters, &values, &mut again);
                    prop_assert_eq!(again, bytes);
                }
                Err(RlweError::Malformed(Malformed::Length)) => prop_assert!(wrong != 0),
                Err(RlweError::Malformed(Malformed::Coefficient)) => prop_assert!(wrong == 0),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }

    #[test]
    fn a_coefficient_must_be_below_its_prime() {
        for set in Set::ALL {
            let parameters = parameters(set);
            for which in 0..parameters.tables().len() {
                for (excess, refused) in
                    [(0, true), (1, true)].into_iter().chain([(u64::MAX, false)])
                {
                    let mut all = vec![0; parameters.numbers()];
                    let p = parameters.tables()[which].prime().value();
                    *all[which * parameters.degree()..].first_mut().unwrap() =
                        p.wrapping_add(excess);
                    let mut bytes = vec![0; parameters.request_bytes()];
                    put_values(&parameters, &Values::new(all), &mut bytes);
                    let read = Incoming::new(&bytes, bytes.len()).unwrap().values(&parameters);
                    let error = RlweError::Malformed(Malformed::Coefficient);
                    assert_eq!(read.err(), refused.then_some(error));
                }
            }
        }
    }

    #[test]
    fn padding_must_be_zero() {
        let width = Width::new(5).unwrap();
        let read = |byte| Incoming::new(&[byte], 1).unwrap().numbers(width, 1);
        assert_eq!(*read(0x1f).unwrap(), [0x1f]);
        assert_eq!(read(0x20).err(), Some(RlweError::Malformed(Malformed::Padding)));
    }
}
