//! What a client says in each slot must be fresh: equal messages show a server which slots are copies.
//!
//! A party that keeps a generator, a counter or a key stream in a field and is cloned for each slot says
//! the same in all copies of a query. Nothing else notices: the answers are right. So the driver keeps a
//! short hash of what the client said in each slot and phase, and looks at them when the run is over.
//!
//! **What counts as repeated.** If messages hide the sample and are fresh, then whatever values they
//! take, all ways to lay them out over the slots are equally likely. Let m_j be how many slots said the
//! j-th value. All B copies of one given query say the same with probability `sum C(m_j, B) / C(N, B)`,
//! and k given queries do with at most the product of `sum C(m_j, B) / C(N - i B, B)` over i < k. If
//! k queries were seen to, and `C(R, k)` times that product is at most 2^-20, chance is ruled out. Where
//! all slots say the same, the product is 1, and nothing is concluded.
//!
//! Besides, a message of 16 bytes or more that came twice, but not in all slots, is repeated, whatever
//! it is a copy of.

use std::collections::HashMap;

use blake3::Hasher;

use crate::soundness::Parameters;

/// Chance is ruled out at 2^-this.
const BITS: f64 = 20.0;

/// Shorter messages may be equal by chance.
const LONG: u64 = 16;

/// What this party said in one slot of a phase: nothing but whether two are equal can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Saying {
    pub(crate) phase: u16,
    pub(crate) slot: u32,
    length: u64,
    hash: [u8; 16],
}

/// Gathers what this party says.
pub(crate) struct Sayings {
    key: [u8; 32],
    now: Hasher,
    length: u64,
    all: Vec<Saying>,
}

impl Sayings {
    /// `key` is this run's own, so that nobody can look for messages with equal hashes.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key, now: Hasher::new_keyed(&key), length: 0, all: Vec::new() }
    }

    pub(crate) fn key(&self) -> [u8; 32] {
        self.key
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.now.update(bytes);
        self.length = self.length.saturating_add(bytes.len() as u64);
    }

    pub(crate) fn end_slot(&mut self, phase: u16, slot: u32) {
        let mut hash = [0; 16];
        self.now.finalize_xof().fill(&mut hash);
        self.all.push(Saying { phase, slot, length: self.length, hash });
        self.now.reset();
        self.length = 0;
    }

    pub(crate) fn extend(&mut self, more: Vec<Saying>) {
        self.all.extend(more);
    }

    pub(crate) fn into_vec(self) -> Vec<Saying> {
        self.all
    }
}

/// The first phase in which the client repeated itself. `query_in` says of which query a slot holds a
/// copy, if of any.
pub(crate) fn repeated(
    said: &[Saying],
    batch: Parameters,
    query_in: impl Fn(u32) -> Option<usize>,
) -> Option<u16> {
    let mut phases: Vec<u16> = said.iter().map(|saying| saying.phase).collect();
    phases.sort_unstable();
    phases.dedup();
    phases.into_iter().find(|phase| {
        let here: Vec<&Saying> = said.iter().filter(|saying| saying.phase == *phase).collect();
        // Where slots are missing nothing is concluded.
        here.len() == batch.slots() && is_repeated(&here, batch, &query_in)
    })
}

fn is_repeated(
    said: &[&Saying],
    batch: Parameters,
    query_in: &impl Fn(u32) -> Option<usize>,
) -> bool {
    let mut values: HashMap<([u8; 16], u64), u64> = HashMap::new();
    let mut copies: HashMap<usize, Option<[u8; 16]>> = HashMap::new();
    for saying in said {
        let count = values.entry((saying.hash, saying.length)).or_insert(0);
        *count = count.saturating_add(1);
        if let Some(query) = query_in(saying.slot) {
            let all = copies.entry(query).or_insert(Some(saying.hash));
            *all = all.filter(|hash| *hash == saying.hash);
        }
    }
    if values.len() == 1 {
        return false;
    }
    let long_and_twice = values.iter().any(|((_, length), count)| *length >= LONG && *count > 1);
    let alike = copies.values().filter(|all| all.is_some()).count();
    long_and_twice || is_beyond_chance(values.values().copied(), batch, alike as u64)
}

/// Whether so many queries have copies that all say the same, against all chance. A diagnosis, not a
/// guarantee: floating point will do.
fn is_beyond_chance(
    counts: impl Iterator<Item = u64> + Clone,
    batch: Parameters,
    alike: u64,
) -> bool {
    let (queries, copies) = (batch.queries() as u64, batch.copies() as u64);
    if copies < 2 || alike == 0 {
        return false;
    }
    let bits = |left: u64| {
        let chance: f64 =
            counts.clone().map(|m| exp2(choose(m, copies) - choose(left, copies))).sum();
        -chance.log2()
    };
    let slots = batch.slots() as u64;
    let mut sum = -choose(queries, alike);
    for query in 0..alike {
        sum += bits(slots.saturating_sub(query.saturating_mul(copies))).max(0.0);
        if sum >= BITS {
            return true;
        }
    }
    false
}

fn exp2(bits: f64) -> f64 {
    bits.exp2()
}

/// log2 of C(n, k); minus infinity if there is no way.
fn choose(n: u64, k: u64) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    (0..k.min(n - k)).map(|i| ((n - i) as f64).log2() - ((i + 1) as f64).log2()).sum()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

    use super::*;

    fn said(messages: impl IntoIterator<Item = Vec<u8>>) -> Vec<Saying> {
        let mut sayings = Sayings::new([7; 32]);
        for (slot, message) in messages.into_iter().enumerate() {
            sayings.add(&message);
            sayings.end_slot(3, slot as u32);
        }
        sayings.into_vec()
    }

    fn shuffled(batch: Parameters, rng: &mut StdRng) -> Vec<Option<usize>> {
        let copies = (0..batch.queries()).flat_map(|query| vec![Some(query); batch.copies()]);
        let mut slots: Vec<_> = copies.chain(vec![None; batch.checks()]).collect();
        slots.shuffle(rng);
        slots
    }

    #[test]
    fn a_mask_that_is_the_same_in_all_slots_is_noticed_however_short() {
        let mut rng = StdRng::seed_from_u64(1);
        for (r, b, t) in
            [(1, 10, 13), (2, 9, 8), (1, 19, 25), (2, 16, 16), (16, 5, 47), (128, 6, 5)]
        {
            let batch = Parameters::new(r, b, t, 0).unwrap();
            let slots = shuffled(batch, &mut rng);
            for length in [2, 8, 100] {
                let messages = slots.iter().enumerate().map(|(slot, query)| {
                    let content = query.map_or(1000 + slot, |query| query) as u64;
                    let mut message = (content ^ 0x5555).to_le_bytes().to_vec();
                    message.resize(length, 9);
                    message
                });
                let found = repeated(&said(messages), batch, |slot| slots[slot as usize]);
                assert_eq!(found, Some(3), "{batch}, {length} bytes");
            }
        }
    }

    #[test]
    fn fresh_messages_and_constant_ones_pass_also_of_few_bits() {
        let mut rng = StdRng::seed_from_u64(2);
        for (r, b, t) in [(1, 2, 2), (1, 19, 25), (2, 16, 16), (16, 9, 8), (128, 6, 5), (30, 1, 9)]
        {
            let batch = Parameters::new(r, b, t, 0).unwrap();
            for _ in 0..50 {
                let slots = shuffled(batch, &mut rng);
                for bits in [0, 1, 2, 8] {
                    // A masked number of few bits in a wide encoding.
                    let messages = slots
                        .iter()
                        .map(|_| vec![rng.random::<u8>() & ((1_u16 << bits) - 1) as u8; 8]);
                    let found = repeated(&said(messages), batch, |slot| slots[slot as usize]);
                    assert_eq!(found, None, "{batch}, {bits} bits");
                }
                let messages = slots.iter().map(|_| rng.random::<[u8; 20]>().to_vec());
                assert_eq!(repeated(&said(messages), batch, |slot| slots[slot as usize]), None);
            }
        }
    }

    #[test]
    fn a_long_message_that_comes_twice_is_noticed_without_copies() {
        let batch = Parameters::new(4, 1, 4, 0).unwrap();
        let mut messages: Vec<Vec<u8>> = (0..8).map(|slot| vec![slot; 16]).collect();
        messages[5] = messages[2].clone();
        assert_eq!(repeated(&said(messages.clone()), batch, |_| None), Some(3));
        let short = messages.into_iter().map(|message| message[..15].to_vec());
        assert_eq!(repeated(&said(short), batch, |_| None), None);
    }
}
