//! All servers of tiny batches: the token server attains the bounds, and a linear program over all
//! blind and isolated servers finds none that does better.

use super::*;

/// The token server, token by token: which of the N are bad, for every set of them. The first R go
/// to the queries, whose copies share theirs, and the next T to the checks.
fn played_out(p: Parameters, any: bool) -> (u64, u64) {
    let mut tried = vec![(0u64, 0u64); p.slots() + 1];
    for bad in 0u32..1 << p.slots() {
        let of = |tokens: std::ops::Range<usize>| tokens.filter(|token| bad >> token & 1 == 1);
        let failed = of(p.queries()..p.queries() + p.checks()).count();
        let wrong = of(0..if any { p.queries() } else { 1 }).count();
        let row = &mut tried[bad.count_ones() as usize];
        row.1 += 1;
        row.0 += u64::from(wrong > 0 && failed <= p.slack());
    }
    tried.into_iter().max_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1))).unwrap()
}

fn tiny_batches(most: usize) -> Vec<Parameters> {
    let mut all = Vec::new();
    for (queries, copies, checks) in
        (1..=3).flat_map(|r| (1..=4).flat_map(move |b| (0..=4).map(move |t| (r, b, t))))
    {
        let slacks = (0..=checks.min(2)).map(|s| Parameters::new(queries, copies, checks, s));
        all.extend(slacks.filter_map(Result::ok).filter(|p| p.slots() <= most));
    }
    all
}

#[test]
fn the_token_server_attains_both() {
    for p in tiny_batches(14) {
        let any = AnyServer::of(p);
        for (worst, (wins, all)) in
            [(any.per_query, played_out(p, false)), (any.per_batch, played_out(p, true))]
        {
            assert!(worst.is_at_most(Ratio::new(wins, all).unwrap()), "{p}");
            if let Some(less) = Ratio::new(wins * 1000 - 1, all * 1000).filter(|_| wins > 0) {
                assert!(!worst.is_at_most(less), "{p}");
            }
        }
    }
}

/// C(n, k) as a number.
fn choose(n: usize, k: usize) -> f64 {
    if k > n { 0.0 } else { (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product() }
}

/// How the answers of a batch can be wrong, but for symmetry: in how many copies of each query,
/// in ascending order, and in how many checks.
fn outcomes(p: Parameters) -> Vec<(Vec<usize>, usize)> {
    let mut queries = vec![Vec::new()];
    for _ in 0..p.queries() {
        queries = queries
            .into_iter()
            .flat_map(|wrong: Vec<usize>| {
                let least = wrong.last().copied().unwrap_or(0);
                (least..=p.copies()).map(move |next| [&wrong[..], &[next]].concat())
            })
            .collect();
    }
    queries.iter().flat_map(|w| (0..=p.checks()).map(|k| (w.clone(), k))).collect()
}

/// The best that any server gets that is blind and isolated, by linear programming.
///
/// Whoever wins with some server wins as often with its mean over all orders of the slots and names
/// of the samples. Such a server is known by two laws: of the number z of wrong slots where all N
/// samples differ, and of the outcomes in a batch. The one condition that is used: in a set of slots
/// with one copy of each query and all checks, all samples differ, and so the law of what is wrong
/// there is the same in both. (A real server must do more; that none does better is all the same.)
fn best_of_all(p: Parameters, any: bool) -> f64 {
    let (queries, checks) = (p.queries(), p.checks());
    let (slots, others) = (p.slots(), p.slots() - queries - checks);
    let outcomes = outcomes(p);
    let mut rows = Vec::new();
    for (c, k) in (0..=queries).flat_map(|c| (0..=checks).map(move |k| (c, k))) {
        let distinct = (0..=slots).map(|z| {
            let rest = z.checked_sub(c + k).map_or(0.0, |rest| choose(others, rest));
            -choose(queries, c) * choose(checks, k) * rest / choose(slots, z)
        });
        let batch = outcomes.iter().map(|(wrong, failed)| {
            // One copy of each query, at random.
            let mut law = vec![1.0];
            for &wrong in wrong {
                let share = wrong as f64 / p.copies() as f64;
                law.push(0.0);
                for n in (0..law.len()).rev() {
                    let below = if n > 0 { law[n - 1] } else { 0.0 };
                    law[n] = law[n] * (1.0 - share) + below * share;
                }
            }
            if *failed == k { law[c] } else { 0.0 }
        });
        rows.push((distinct.chain(batch).collect::<Vec<f64>>(), 0.0));
    }
    let certain = (0..=slots).map(|_| 1.0).chain(outcomes.iter().map(|_| 0.0)).collect();
    rows.push((certain, 1.0));
    let wins = outcomes.iter().map(|(wrong, failed)| {
        let agree = wrong.iter().all(|&wrong| wrong == 0 || wrong == p.copies());
        let spoiled = wrong.iter().filter(|&&wrong| wrong > 0).count() as f64;
        let wins = if any { spoiled.min(1.0) } else { spoiled / queries as f64 };
        if agree && *failed <= p.slack() { wins } else { 0.0 }
    });
    let gain: Vec<f64> = (0..=slots).map(|_| 0.0).chain(wins).collect();
    maximum(&rows, &gain)
}

/// The greatest gain * x with rows * x = right (at least 0) and x >= 0: simplex by Bland's rule,
/// from artificial variables that cost more than anything gains.
fn maximum(rows: &[(Vec<f64>, f64)], gain: &[f64]) -> f64 {
    const DEAR: f64 = 1e4;
    const ZERO: f64 = 1e-9;
    let variables = gain.len();
    let mut table: Vec<Vec<f64>> = Vec::new();
    for (index, (row, right)) in rows.iter().enumerate() {
        let artificial = (0..rows.len()).map(|other| f64::from(u8::from(other == index)));
        table.push(row.iter().copied().chain(artificial).chain([*right]).collect());
    }
    // What is gained by raising a variable; the artificial ones are in the basis.
    let mut price: Vec<f64> =
        gain.iter().copied().chain(rows.iter().map(|_| -DEAR)).chain([0.0]).collect();
    for row in &table {
        price.iter_mut().zip(row).for_each(|(price, entry)| *price += DEAR * entry);
    }
    let right = variables + rows.len();
    let mut basis: Vec<usize> = (variables..right).collect();
    while let Some(enters) = (0..right).find(|&v| price[v] > ZERO) {
        let ratio = |&row: &usize| table[row][right] / table[row][enters];
        let limits = (0..table.len()).filter(|&row| table[row][enters] > ZERO);
        let leaves = limits
            .min_by(|a, b| ratio(a).total_cmp(&ratio(b)).then(basis[*a].cmp(&basis[*b])))
            .unwrap();
        let pivot = table[leaves][enters];
        table[leaves].iter_mut().for_each(|entry| *entry /= pivot);
        let used = table[leaves].clone();
        for row in table.iter_mut().chain([&mut price]) {
            let factor = row[enters];
            row.iter_mut().zip(&used).for_each(|(entry, used)| *entry -= factor * used);
        }
        table[leaves] = used;
        basis[leaves] = enters;
    }
    -price[right]
}

#[test]
fn no_blind_and_isolated_server_does_better() {
    let batches = tiny_batches(11);
    assert!(batches.len() >= 60, "{}", batches.len());
    for p in batches {
        let any = AnyServer::of(p);
        let (query, batch) = (best_of_all(p, false), best_of_all(p, true));
        assert!((query - any.per_query().value()).abs() < 1e-6, "{p}: {query}, {any}");
        assert!((batch - any.per_batch().value()).abs() < 1e-6, "{p}: {batch}, {any}");
    }
}

/// Isolation of single slots alone does not do: half of the time this server spoils exactly the
/// slots whose sample has a twin, else exactly those without. Every slot is wrong with probability
/// 1/2 whatever any slot holds; and with probability 1/2 all queries are wrong and accepted.
#[test]
fn isolation_is_about_sets_of_slots() {
    let (queries, copies, checks) = (3, 2, 4);
    let accepted = |spoil_twins: bool| {
        let twin = |slot: usize| slot < queries * copies;
        let wrong = |slot: usize| twin(slot) == spoil_twins;
        (queries * copies..queries * copies + checks).all(|slot| !wrong(slot)) && wrong(0)
    };
    assert_eq!([true, false].map(accepted), [true, false]);
    assert!(
        AnyServer::of(Parameters::new(queries, copies, checks, 0).unwrap()).per_batch().value()
            < 0.45
    );
}
