//! The arithmetic of `size.rs`: what the attacks that are listed there cost, in bits.

use super::size::Size;
use crate::cheetah::ot::kernel::TERMS;

/// What is wanted.
const BITS: f64 = 128.0;

struct Problem {
    /// k, t, the leaves of a tree, and n.
    secret: f64,
    trees: f64,
    leaves: f64,
    rows: f64,
}

impl Problem {
    fn standard() -> Self {
        let size = Size::STANDARD;
        let [secret, trees, leaves] =
            [size.table(), size.trees, size.leaves()].map(|number| number as f64);
        Self { secret, trees, leaves, rows: trees * leaves }
    }

    /// Bits to guess so many rows without noise.
    fn guess(&self, rows: f64) -> f64 {
        -rows * (1.0 - 1.0 / self.leaves).log2()
    }

    /// Whether some set of a `part` of the entries is expected to hold as many rows as entries.
    fn holds_enough(&self, part: f64) -> bool {
        let expected = self.rows / self.secret * part.powi(TERMS as i32);
        let ratio = part / expected;
        // For each entry of the secret, natural logarithms: the chance of so many rows (Chernoff,
        // for a binomial, whose tail is below that of a Poisson), the number of sets.
        let chance = expected * (ratio * ratio.ln() - ratio + 1.0);
        let sets = -part * part.ln() - (1.0 - part) * (1.0 - part).ln();
        ratio <= 1.0 || chance <= sets
    }
}

/// Bits to solve so many sparse equations in as many unknowns, by Wiedemann's algorithm.
fn sparse_solve(unknowns: f64) -> f64 {
    (2.0 * TERMS as f64 * unknowns * unknowns).log2()
}

/// Of k rows, without what it costs to solve them. (The same from each tree: dearer.)
#[test]
fn guessing_rows_without_noise_costs_enough() {
    let problem = Problem::standard();
    let cost = problem.guess(problem.secret);
    println!("Gauss, Prange: 2^{cost:.1}");
    assert!(cost >= BITS + 55.0, "{cost}");
    let regular = -problem.trees * (1.0 - problem.secret / problem.rows).log2();
    assert!(regular >= cost, "{regular}");
}

#[test]
fn equations_in_few_entries_cost_enough() {
    let problem = Problem::standard();
    // A random set: as many rows as entries.
    let part = (problem.secret / problem.rows).powf(1.0 / (TERMS as f64 - 1.0));
    let entries = part * problem.secret;
    let random = problem.guess(entries) + sparse_solve(entries);
    println!("random set of {part:.3}: 2^{random:.1}");
    assert!(random >= BITS + 35.0, "{random}");

    // The smallest set that exists.
    let part = (1..1000).map(|part| f64::from(part) / 1000.0);
    let part = part.clone().find(|part| problem.holds_enough(*part)).unwrap();
    let entries = part * problem.secret;
    let best = problem.guess(entries) + sparse_solve(entries);
    println!("best set, {part:.3}: 2^{best:.1}");
    assert!(best >= BITS + 10.0, "{best}");
}

/// The coefficients of (1 + (leaves - 1 - guessed) z)^some (1 + (leaves - 1) z)^others
/// / (1 + z)^(rows - secret).
fn series(problem: &Problem, guessed: f64, some: f64) -> Vec<f64> {
    let power = |exponent: i32| {
        some * (problem.leaves - 1.0 - guessed).powi(exponent)
            + (problem.trees - some) * (problem.leaves - 1.0).powi(exponent)
            - (problem.rows - problem.secret)
    };
    let mut series = vec![1.0];
    for degree in 1..12 {
        // Newton's identities.
        let terms = (1..=degree).map(|exponent| {
            let sign = if exponent % 2 == 1 { 1.0 } else { -1.0 };
            sign * power(exponent as i32) * series[degree - exponent]
        });
        series.push(terms.sum::<f64>() / degree as f64);
    }
    series
}

#[test]
fn quadratic_equations_cost_enough() {
    let problem = Problem::standard();
    let mut least = (f64::INFINITY, 0.0, 0.0, 0);
    for share in 1..=8 {
        let some = (problem.trees * f64::from(share) / 8.0).floor();
        for step in 0..4 * 42 {
            let guessed = f64::from(step) / 4.0;
            let series = series(&problem, guessed, some);
            let Some(degree) = series.iter().position(|coefficient| *coefficient <= 0.0) else {
                continue;
            };
            // Monomials of that degree in what is left of the secret.
            let unknowns = series[1];
            let monomials: f64 =
                (0..degree).map(|i| ((unknowns - i as f64) / (i + 1) as f64).log2()).sum();
            let guess = -some * (1.0 - guessed / problem.leaves).log2();
            let terms = ((TERMS + 1) * (TERMS + 1)) as f64;
            let cost = guess + 2.0 * monomials + (3.0 * terms).log2();
            if unknowns > 1000.0 && cost < least.0 {
                least = (cost, guessed, share.into(), degree);
            }
        }
    }
    let (cost, guessed, share, degree) = least;
    println!(
        "algebraic: 2^{cost:.1}, degree {degree}, {guessed} of a tree, {share}/8 of the trees"
    );
    assert!(cost >= BITS + 5.0, "{cost}");
}
