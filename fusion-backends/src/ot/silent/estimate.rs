//! The arithmetic of `size.rs`: what the attacks that are listed there cost, in bits.

mod sets;

use super::size::Size;
use crate::ot::kernel::TERMS;

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
            [size.table, size.trees, size.leaves()].map(|number| number as f64);
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

    /// The part of the entries that the smallest set has which is expected to exist.
    fn smallest_set(&self) -> f64 {
        let mut parts = (1..1000).map(|part| f64::from(part) / 1000.0);
        parts.find(|part| self.holds_enough(*part)).unwrap()
    }
}

/// Bits to solve so many sparse equations in as many unknowns, by Wiedemann's algorithm.
fn sparse_solve(unknowns: f64) -> f64 {
    (2.0 * TERMS as f64 * unknowns * unknowns).log2()
}

/// log2 of the number of sets of `some` out of `all`.
fn choices(all: f64, some: u32) -> f64 {
    (0..some).map(f64::from).map(|i| ((all - i) / (i + 1.0)).log2()).sum()
}

/// How a sub-code is decoded: errors among the rows that the others depend on, errors in those
/// others, and how many times 64 others there are.
#[derive(Debug, Clone, Copy)]
struct Decoding {
    errors: u32,
    others: u32,
    runs: f64,
}

impl Problem {
    /// Bits to decode by a set of so many entries that holds as many rows and some more: Stern's
    /// algorithm, in the code of those rows.
    ///
    /// All favours the attacker: each try has a new set as good as this one, which costs nothing, and
    /// holds as many rows as are wanted; collisions are free, and so is the memory; lists are as long as
    /// one half of the errors needs.
    fn decode(&self, entries: f64, how: Decoding) -> f64 {
        let Decoding { errors, others, runs } = how;
        let more = 64.0 * runs;
        let rows = entries + more;
        let all = errors + others;
        // So many errors in the rows.
        let noise = choices(rows, all) - f64::from(all) * self.leaves.log2()
            + (rows - f64::from(all)) * (1.0 - 1.0 / self.leaves).log2();
        // Block Wiedemann gives 64 sums of rows without a secret at a time.
        let checks = sparse_solve(entries).exp2() * runs;
        // That the errors lie as wanted: half of them in each half of the entries, the others beyond.
        let (half, rest) = (errors / 2, errors - errors / 2);
        let [half, rest] = [half, rest].map(|errors| choices(entries / 2.0, errors));
        let tries = (choices(rows, all) - half - rest - choices(more, others)).max(0.0);
        let try_once = more * more * rows / 64.0 + half.exp2() + rest.exp2();
        (checks + tries.exp2() * try_once).log2() - noise
    }

    /// The least of that.
    fn decode_best(&self, entries: f64) -> (f64, Decoding) {
        let hows = (0..12).flat_map(|errors| (0..8).map(move |others| (errors, others)));
        let hows = hows.flat_map(|(errors, others)| {
            [1.0, 2.0, 4.0, 8.0, 16.0].map(|runs| Decoding { errors, others, runs })
        });
        let costs = hows.map(|how| (self.decode(entries, how), how));
        costs.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
    }
}

/// Of k rows, without what it costs to solve them. (The same from each tree: dearer.)
#[test]
fn guessing_rows_without_noise_costs_enough() {
    let problem = Problem::standard();
    let cost = problem.guess(problem.secret);
    println!("Gauss, Prange: 2^{cost:.1}");
    assert!(cost >= BITS + 90.0, "{cost}");
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
    assert!(random >= BITS + 70.0, "{random}");

    let part = problem.smallest_set();
    let entries = part * problem.secret;
    let best = problem.guess(entries) + sparse_solve(entries);
    println!("best set, {part:.3}: 2^{best:.1}");
    assert!(best >= BITS + 35.0, "{best}");
}

/// Sets of fewer entries exist than are found here, so those cost enough as well.
#[test]
fn decoding_the_rows_in_few_entries_costs_enough() {
    let problem = Problem::standard();
    let found = sets::smallest(problem.secret as usize / 16, problem.rows as usize / 16);
    let exists = problem.smallest_set();
    assert!(exists < found, "{exists} {found}");
    for (name, part) in [("found", found), ("that exists", exists)] {
        let (cost, how) = problem.decode_best(part * problem.secret);
        println!("Stern in the smallest set {name}, {part:.3}: 2^{cost:.1}, {how:?}");
        assert!(cost >= BITS + 10.0, "{cost}");
    }
    let (whole, how) = problem.decode_best(problem.secret);
    println!("Stern in the whole code: 2^{whole:.1}, {how:?}");
    assert!(whole >= BITS + 100.0, "{whole}");
}

/// The size before, which this arithmetic must refuse.
#[test]
fn a_table_of_2_17_entries_is_too_small() {
    let problem = Problem { secret: 131_072.0, ..Problem::standard() };
    let found = sets::smallest(problem.secret as usize / 16, problem.rows as usize / 16);
    let (cost, how) = problem.decode_best(found * problem.secret);
    println!("2^17 entries, set of {found:.3}: 2^{cost:.1}, {how:?}");
    assert!(cost < BITS, "{cost}");
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
    assert!(cost >= BITS + 35.0, "{cost}");
}
