//! Binomial coefficients, one after the other: exact up to 64 bits, enclosed beyond.

use std::iter;

use crate::interval::Interval;

/// C(n, 0), C(n, 1), .., C(n, n), then zeros.
pub(crate) fn binomials(n: usize) -> impl Iterator<Item = Interval> {
    onwards(n, 0, Interval::ONE).map(|(_, choose)| choose)
}

/// C(n, k), C(n, k + 1), .. with their k; as many steps to the first as it is away from the nearer
/// end.
pub(crate) fn binomials_from(n: usize, k: usize) -> impl Iterator<Item = (usize, Interval)> {
    onwards(n, k, binomial(n, k))
}

fn onwards(n: usize, k: usize, choose: Interval) -> impl Iterator<Item = (usize, Interval)> {
    // From C(n, k) to C(n, k + 1): the product comes before the quotient, so a result of at most
    // 64 bits is exact.
    let next = move |(k, choose): &(usize, Interval)| {
        let left = n.saturating_sub(*k) as u64;
        Some((k + 1, choose.mul_div(left, *k as u64 + 1)))
    };
    iter::successors(Some((k, choose)), next)
}

/// C(n, k).
pub(crate) fn binomial(n: usize, k: usize) -> Interval {
    let short = k.min(n.saturating_sub(k));
    if k > n { Interval::ZERO } else { binomials(n).nth(short).unwrap_or(Interval::ZERO) }
}

/// Whether C(n, k) is, but for rounding, at least `least`: a few steps, whatever n and k, because
/// the coefficients grow up to the middle.
pub(crate) fn binomial_reaches(n: usize, k: usize, least: Interval) -> bool {
    let short = k.min(n.saturating_sub(k));
    k <= n && binomials(n).take(short + 1).any(|choose| choose.upper >= least.lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_coefficients_are_exact() {
        let mut row = vec![1u64];
        for n in 0..60usize {
            for (k, &exact) in row.iter().enumerate() {
                assert_eq!(binomial(n, k), Interval::exact(exact), "C({n}, {k})");
            }
            assert_eq!(binomial(n, n + 1), Interval::ZERO);
            let inner = row.windows(2).map(|pair| pair.iter().sum());
            row = iter::once(1).chain(inner).chain([1]).collect();
        }
    }

    #[test]
    fn a_coefficient_reaches_what_it_is() {
        assert!(binomial_reaches(30, 15, Interval::exact(155_117_520)));
        assert!(!binomial_reaches(30, 15, Interval::exact(155_117_521)));
        assert!(binomial_reaches(1 << 24, 1 << 23, Interval::ONE.scaled(1000)));
        assert!(!binomial_reaches(3, 4, Interval::ONE));
    }
}
