//! Small sets of entries of the table that hold as many rows as entries, by local search.

use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::ot::kernel::TERMS;

/// Steps without a smaller set after which the search ends, for each entry.
const PATIENCE: usize = 2;

/// The part of the entries that the smallest set has which is found, in a random matrix.
pub(super) fn smallest(entries: usize, rows: usize) -> f64 {
    let mut search = Search::new(entries, rows);
    while search.held > search.order.len() {
        search.drop_lightest(0);
    }
    let (mut best, mut step, mut last) = (search.order.len() + 1, 0, 0);
    while step < last + PATIENCE * entries {
        step += 1;
        search.drop_lightest(step);
        if search.held < search.order.len() {
            search.take_heaviest(step);
        }
        if search.held >= search.order.len() && search.order.len() < best {
            (best, last) = (search.order.len(), step);
        }
    }
    best as f64 / entries as f64
}

/// A set of entries, and the rows in which no entry is missing from it: those it holds.
struct Search {
    rows: Vec<Vec<usize>>,
    rows_of: Vec<Vec<usize>>,
    missing: Vec<usize>,
    inside: Vec<bool>,
    /// Rows that are lost without the entry, or won with it.
    weight: Vec<usize>,
    /// Entries inside, by weight; those outside.
    order: BTreeSet<(usize, usize)>,
    others: BTreeSet<(usize, usize)>,
    held: usize,
    /// Until which step an entry stays where it is: a search that goes to and fro finds nothing.
    fixed: Vec<usize>,
    rng: StdRng,
}

impl Search {
    fn new(entries: usize, count: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let (mut rows, mut rows_of) = (Vec::new(), vec![Vec::new(); entries]);
        for row in 0..count {
            let mut places: Vec<_> = (0..TERMS).map(|_| rng.random_range(0..entries)).collect();
            places.sort_unstable();
            places.dedup();
            places.iter().for_each(|place| rows_of[*place].push(row));
            rows.push(places);
        }
        let weight: Vec<_> = rows_of.iter().map(Vec::len).collect();
        Self {
            rows,
            missing: vec![0; count],
            inside: vec![true; entries],
            order: weight.iter().copied().zip(0..).collect(),
            others: BTreeSet::new(),
            weight,
            rows_of,
            held: count,
            fixed: vec![0; entries],
            rng,
        }
    }

    fn drop_lightest(&mut self, step: usize) {
        let free = self.order.iter().find(|(_, entry)| self.fixed[*entry] <= step);
        let (weight, entry) = *free.expect("few are fixed");
        self.order.remove(&(weight, entry));
        self.others.insert((weight, entry));
        self.inside[entry] = false;
        self.held -= weight;
        self.fix(entry, step);
        for row in std::mem::take(&mut self.rows_of[entry]) {
            self.missing[row] += 1;
            self.weigh(row, entry, self.missing[row] - 1, |weight| weight - 1);
            self.rows_of[entry].push(row);
        }
    }

    fn take_heaviest(&mut self, step: usize) {
        let free = self.others.iter().rev().find(|(_, entry)| self.fixed[*entry] <= step);
        let (weight, entry) = *free.expect("few are fixed");
        self.others.remove(&(weight, entry));
        self.order.insert((weight, entry));
        self.inside[entry] = true;
        self.held += weight;
        self.fix(entry, step);
        for row in std::mem::take(&mut self.rows_of[entry]) {
            self.missing[row] -= 1;
            self.weigh(row, entry, self.missing[row], |weight| weight + 1);
            self.rows_of[entry].push(row);
        }
    }

    fn fix(&mut self, entry: usize, step: usize) {
        self.fixed[entry] = step + self.rng.random_range(1..=60);
    }

    /// Changes the weight of the others that a row counts for, where so many are missing but for
    /// `entry`: all if none is, and the one if one is.
    fn weigh(&mut self, row: usize, entry: usize, missing: usize, change: fn(usize) -> usize) {
        if missing > 1 {
            return;
        }
        for at in 0..self.rows[row].len() {
            let other = self.rows[row][at];
            if other == entry || (missing == 1 && self.inside[other]) {
                continue;
            }
            let of = if self.inside[other] { &mut self.order } else { &mut self.others };
            of.remove(&(self.weight[other], other));
            self.weight[other] = change(self.weight[other]);
            of.insert((self.weight[other], other));
        }
    }
}
