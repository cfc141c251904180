//! Queries and checks go into one batch in an order that only the client knows, and the answers
//! come back in order.

use rand::{CryptoRng, seq::SliceRandom};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::soundness::Parameters;

/// The secret order of a batch: a uniform shuffle of R x B copies and T checks.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Mix {
    /// For each slot the item in it. Items are numbered: first B copies of each query, then the
    /// checks.
    order: Vec<usize>,
    #[zeroize(skip)]
    parameters: Parameters,
}

/// The answers of a batch, back in order.
pub struct Unmixed<O> {
    /// For each query the answers of its copies; `None` where the client's own code gave none.
    pub(crate) queries: Vec<Vec<Option<O>>>,
    /// The answers to the checks, likewise.
    pub(crate) checks: Vec<Option<O>>,
}

impl Mix {
    /// Draws an order: every one of the N! is equally likely.
    pub fn shuffle<R: CryptoRng + ?Sized>(parameters: Parameters, rng: &mut R) -> Self {
        let mut order: Vec<usize> = (0..parameters.slots()).collect();
        order.shuffle(rng);
        Self { order, parameters }
    }

    /// What goes into each slot. `None` if there are not exactly R queries and T checks.
    #[must_use]
    pub fn arrange<'a, Q>(&self, queries: &'a [Q], checks: &[&'a Q]) -> Option<Vec<&'a Q>> {
        if queries.len() != self.parameters.queries() || checks.len() != self.parameters.checks() {
            return None;
        }
        self.order
            .iter()
            .map(|&item| match self.item(item) {
                Item::Copy { query } => queries.get(query),
                Item::Check { check } => checks.get(check).copied(),
            })
            .collect()
    }

    /// Puts the answers, which come in slot order, back in order. `None` if there are not N.
    pub(crate) fn unmix<O>(&self, outputs: Vec<Option<O>>) -> Option<Unmixed<O>> {
        if outputs.len() != self.order.len() {
            return None;
        }
        let mut by_item: Vec<(usize, Option<O>)> =
            self.order.iter().copied().zip(outputs).collect();
        by_item.sort_unstable_by_key(|&(item, _)| item);
        let mut answers = by_item.into_iter().map(|(_, output)| output);
        let queries = (0..self.parameters.queries())
            .map(|_| answers.by_ref().take(self.parameters.copies()).collect())
            .collect();
        Some(Unmixed { queries, checks: answers.collect() })
    }

    /// What is in a slot. `None` beyond the last.
    pub(crate) fn item_in(&self, slot: usize) -> Option<Item> {
        self.order.get(slot).map(|&item| self.item(item))
    }

    fn item(&self, number: usize) -> Item {
        let copies = self.parameters.copies();
        match number.checked_sub(self.parameters.queries() * copies) {
            Some(check) => Item::Check { check },
            None => Item::Copy { query: number / copies },
        }
    }
}

/// What is in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// A copy of the query with this index.
    Copy { query: usize },
    /// The check with this index among those of the batch.
    Check { check: usize },
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    fn parameters(queries: usize, copies: usize, checks: usize) -> Parameters {
        Parameters::new(queries, copies, checks, 0).unwrap()
    }

    proptest! {
        #[test]
        fn answers_come_back_to_their_questions(
            queries in 1..20usize, copies in 1..6usize, checks in 0..20usize, seed: u64,
        ) {
            let mix = Mix::shuffle(
                parameters(queries, copies, checks), &mut StdRng::seed_from_u64(seed));
            let questions: Vec<usize> = (0..queries).collect();
            let tests: Vec<usize> = (1000..1000 + checks).collect();
            let slots = mix.arrange(&questions, &tests.iter().collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(slots.len(), queries * copies + checks);
            let answers = slots.into_iter().map(|&question| Some(question + 1)).collect();
            let unmixed = mix.unmix(answers).unwrap();
            prop_assert_eq!(unmixed.queries.len(), queries);
            for (query, copies_of_it) in unmixed.queries.iter().enumerate() {
                prop_assert_eq!(copies_of_it, &vec![Some(query + 1); copies]);
            }
            prop_assert_eq!(unmixed.checks, (1001..1001 + checks).map(Some).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_order_is_equally_likely() {
        // 24 orders of 4 slots, 48,000 draws: 2,000 each, standard deviation 44. Six of them is
        // passed over by chance once in 10^7 runs; the seed is fixed, so never here.
        let mut rng = StdRng::seed_from_u64(7);
        let mut seen: HashMap<Vec<usize>, u32> = HashMap::new();
        for _ in 0..48_000 {
            *seen.entry(Mix::shuffle(parameters(1, 2, 2), &mut rng).order.clone()).or_default() +=
                1;
        }
        assert_eq!(seen.len(), 24);
        assert!(seen.values().all(|&count| count.abs_diff(2000) < 264), "{seen:?}");
    }

    #[test]
    fn wrong_counts_are_refused() {
        let mix = Mix::shuffle(parameters(1, 1, 1), &mut StdRng::seed_from_u64(0));
        assert!(mix.arrange(&[1, 2], &[&3]).is_none());
        assert!(mix.arrange(&[1], &[]).is_none());
        assert!(mix.unmix(vec![Some(1)]).is_none());
    }
}
