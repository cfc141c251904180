//! Polynomials modulo X^N + 1 and q, as their residues modulo each prime.

#![allow(
    clippy::indexing_slicing,
    reason = "lengths are the encoding's own, messages are read as many numbers as it says"
)]

use zeroize::Zeroizing;

use super::ntt::{PIECE, Table};
use super::params::Parameters;
use super::sample::Sampler;
use super::together;

/// Values at the roots of X^N + 1: what is added and multiplied, and what travels.
pub(super) struct Values(Zeroizing<Vec<u64>>);

/// Coefficients.
pub(super) struct Coefficients(Zeroizing<Vec<u64>>);

impl Values {
    /// N numbers for each prime, below it.
    pub(super) fn new(numbers: Vec<u64>) -> Self {
        Self(Zeroizing::new(numbers))
    }

    pub(super) fn zero(parameters: &Parameters) -> Self {
        Self::new(vec![0; parameters.numbers()])
    }

    /// Of a polynomial with small coefficients, of magnitude below every prime: as many as the tables'
    /// degree.
    pub(super) fn of_small(tables: &[Table], numbers: &[i64]) -> Self {
        let mut all = Vec::with_capacity(tables.len().strict_mul(numbers.len()));
        for table in tables {
            all.extend(numbers.iter().map(|number| table.prime().of_signed(*number)));
        }
        Coefficients(Zeroizing::new(all)).transform(tables)
    }

    /// Of the multiple q / 2^l of a polynomial over Z_2^l, rounded at random to an integer on
    /// either side so that the rounding has mean zero, plus small errors if there are any.
    ///
    /// With R = q m mod 2^l, the integer below is (q m - R) / 2^l, which is -R 2^-l modulo each
    /// prime; the one above is taken with probability R / 2^l.
    pub(super) fn scaled(
        parameters: &Parameters,
        numbers: &[u64],
        errors: Option<&[i64]>,
        sampler: &mut Sampler,
    ) -> Self {
        let (bits, mask) = (parameters.bits(), parameters.width().mask());
        let rest = |number: &u64| number.wrapping_mul(parameters.modulus_in_ring()) & mask;
        let rests: Zeroizing<Vec<u64>> = Zeroizing::new(numbers.iter().map(rest).collect());
        let mut errors: Zeroizing<Vec<i64>> = match errors {
            Some(errors) => Zeroizing::new(errors.to_vec()),
            None => Zeroizing::new(vec![0; numbers.len()]),
        };
        for (error, rest) in together(errors.iter_mut(), rests.iter()) {
            let carry = rest.wrapping_add(sampler.word() & mask).wrapping_shr(bits);
            *error = error.wrapping_add(carry.cast_signed());
        }
        let mut all = Vec::with_capacity(parameters.numbers());
        for (table, scale) in together(parameters.tables(), parameters.scales()) {
            let prime = table.prime();
            all.extend(together(rests.iter(), errors.iter()).map(|(rest, error)| {
                prime.add(prime.mul_factor(*rest, *scale), prime.of_signed(*error))
            }));
        }
        Coefficients(Zeroizing::new(all)).transform(parameters.tables())
    }

    /// The residues for each prime.
    pub(super) fn each(&self, parameters: &Parameters) -> impl Iterator<Item = &[u64]> {
        self.0.chunks_exact(parameters.degree())
    }

    /// The same in pieces, of which N is a multiple.
    pub(super) fn pieces(&self) -> &[[u64; PIECE]] {
        self.0.as_chunks().0
    }

    /// One piece of the values of a polynomial in X^g, of which the values of one in X are kept.
    pub(super) fn spread(&self, gap: usize, piece: usize, into: &mut [u64; PIECE]) {
        let runs = into.chunks_exact_mut(gap);
        let first = piece.strict_mul(runs.len());
        let values = &self.0[first..first.strict_add(runs.len())];
        for (run, value) in together(runs, values) {
            run.fill(*value);
        }
    }

    pub(super) fn of_pieces<'a>(
        parameters: &Parameters,
        pieces: impl Iterator<Item = &'a [u64; PIECE]>,
    ) -> Self {
        let mut all = Zeroizing::new(Vec::with_capacity(parameters.numbers()));
        pieces.for_each(|piece| all.extend_from_slice(piece));
        Self(all)
    }

    pub(super) fn add(&mut self, parameters: &Parameters, other: &Self) {
        self.with(parameters, other, |prime, a, b| prime.add(a, b));
    }

    pub(super) fn subtract(&mut self, parameters: &Parameters, other: &Self) {
        self.with(parameters, other, |prime, a, b| prime.sub(a, b));
    }

    fn with(
        &mut self,
        parameters: &Parameters,
        other: &Self,
        f: impl Fn(&super::prime::Prime, u64, u64) -> u64,
    ) {
        let degree = parameters.degree();
        let pairs = together(self.0.chunks_exact_mut(degree), other.0.chunks_exact(degree));
        for (table, (ours, other)) in together(parameters.tables(), pairs) {
            assert_eq!(ours.len(), other.len(), "polynomials of one ring");
            for (ours, other) in ours.iter_mut().zip(other) {
                *ours = f(table.prime(), *ours, *other);
            }
        }
    }

    pub(super) fn add_product(&mut self, parameters: &Parameters, a: &Self, b: &Self) {
        let degree = parameters.degree();
        let factors = together(a.0.chunks_exact(degree), b.0.chunks_exact(degree));
        let sums = self.0.chunks_exact_mut(degree);
        for (table, (sum, (a, b))) in together(parameters.tables(), together(sums, factors)) {
            table.multiply_add(sum, a, b);
        }
    }

    pub(super) fn into_coefficients(mut self, parameters: &Parameters) -> Coefficients {
        let residues = self.0.chunks_exact_mut(parameters.degree());
        for (table, values) in together(parameters.tables(), residues) {
            table.inverse(values);
        }
        Coefficients(self.0)
    }
}

impl Coefficients {
    fn transform(mut self, tables: &[Table]) -> Values {
        let residues = self.0.chunks_exact_mut(tables[0].degree());
        for (table, coefficients) in together(tables, residues) {
            table.forward(coefficients);
        }
        Values(self.0)
    }

    #[cfg(test)]
    pub(super) fn into_values(self, parameters: &Parameters) -> Values {
        self.transform(parameters.tables())
    }

    /// Adds a polynomial with small coefficients.
    pub(super) fn add_small(&mut self, parameters: &Parameters, numbers: &[i64]) {
        let residues = self.0.chunks_exact_mut(parameters.degree());
        for (table, residues) in together(parameters.tables(), residues) {
            for (residue, number) in together(residues, numbers) {
                *residue = table.prime().add(*residue, table.prime().of_signed(*number));
            }
        }
    }

    /// Coefficient number `at`, divided by q, modulo 1, in units of 2^-128. The true value is larger,
    /// by less than 2 units for each prime.
    pub(super) fn fraction(&self, parameters: &Parameters, at: usize) -> u128 {
        // x / q is the sum of the (x (q / p)^-1 mod p) / p, modulo 1.
        let residues = self.0.chunks_exact(parameters.degree());
        let primes = together(parameters.tables(), parameters.cofactors());
        together(primes, residues).fold(0, |sum, ((table, cofactor), residues)| {
            let part = table.prime().mul_factor(residues[at], *cofactor);
            sum.wrapping_add(table.prime().fraction(part))
        })
    }
}
