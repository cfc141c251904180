//! Hashing under the keys of several windows, against one row at a time.

use super::super::domain::Domain;
use super::super::kernel::{Key, double};
use super::super::permutations::{Permutations, Span, WINDOW};
use super::*;
use zeroize::Zeroizing;

const SESSION: &[u8] = b"windows";

/// The key of a window, by the description alone.
fn key_of(window: u64) -> Key {
    let domain = Domain::session(SESSION, 0).after("permutations", &[]);
    let mut hasher = domain.hasher("window");
    hasher.update(&window.to_le_bytes());
    Key::new(Block::from_le_bytes(hasher.finalize().as_bytes()[..16].try_into().unwrap()))
}

/// The pad of message `message` of the transfer that begins at that row, for a row or a sum of rows.
fn pad_of(first: u64, message: u8, x: Block) -> Block {
    let key = key_of(first / WINDOW);
    let pi = |x: Block| {
        let mut out = [0];
        key.stream(x, &mut out);
        out[0]
    };
    let tweak = Block::from(first) + (Block::from(message) << 64);
    pi(pi(x) ^ tweak) ^ pi(x)
}

/// Both ends of rows as a setup would give them, from that number on.
struct Dealt {
    first: u64,
    delta: Block,
    sent: Vec<Block>,
    received: Vec<Block>,
    choices: Vec<u8>,
}

fn deal(first: u64, count: usize) -> Dealt {
    let mut rng = StdRng::seed_from_u64(first);
    let delta = rng.random::<Block>() | 1;
    let choices: Vec<u8> = (0..count).map(|_| rng.random::<u8>() & 1).collect();
    let received: Vec<Block> = (0..count).map(|_| rng.random()).collect();
    let sent = received.iter().zip(&choices);
    let sent = sent.map(|(row, choice)| row ^ (delta * Block::from(*choice))).collect();
    Dealt { first, delta, sent, received, choices }
}

impl Dealt {
    fn sender(&self) -> SenderBatch {
        let rows = Zeroizing::new(self.sent.clone());
        SenderBatch::new(Permutations::of(SESSION), self.delta, self.first, rows)
    }

    fn receiver(&self) -> ReceiverBatch {
        let (rows, choices) = (self.received.clone(), self.choices.clone());
        let (rows, choices) = (Zeroizing::new(rows), Zeroizing::new(choices));
        ReceiverBatch::new(Permutations::of(SESSION), self.first, rows, choices).unwrap()
    }

    /// The pads of all transfers of `bits` rows at the sender; choice and pad of each at the receiver.
    fn tables(&self, bits: usize) -> (Vec<Block>, Vec<u8>, Vec<Block>) {
        let (mut pads, mut choices, mut chosen) = (Vec::new(), Vec::new(), Vec::new());
        let sent = self.sender().each_tables(bits, |some| {
            pads.extend_from_slice(some);
            Ok(())
        });
        let received = self.receiver().each_chosen(bits, |random, some| {
            choices.extend_from_slice(random);
            chosen.extend_from_slice(some);
            Ok(())
        });
        sent.and(received).unwrap();
        (pads, choices, chosen)
    }

    /// The sum of `bits` rows of the sender from row `at`, as a polynomial; and y Delta.
    fn naive(&self, at: usize, bits: usize, message: usize) -> Block {
        let product = |mut a: Block, b: usize| {
            (0..8).fold(0, |sum, bit| {
                let term = if b >> bit & 1 == 1 { a } else { 0 };
                a = double(a);
                sum ^ term
            })
        };
        let rows = self.sent[at..at + bits].iter().enumerate();
        let sum = rows.fold(0, |sum, (j, row)| sum ^ (0..j).fold(*row, |row, _| double(row)));
        pad_of(self.first + at as u64, message as u8, sum ^ product(self.delta, message))
    }
}

/// Where a batch begins: at a window, in its middle, so that transfers of 3 and 8 rows lie across the
/// next, and at its last row.
const STARTS: [u64; 5] = [0, WINDOW - 20, 5 * WINDOW - 1, 7 * WINDOW + 4100, (1 << 40) - 300];

#[test]
fn pairs_are_those_of_each_row_for_itself() {
    for first in STARTS {
        for count in [1, 700] {
            let dealt = deal(first, count);
            let pairs = dealt.sender().pairs();
            let (choices, chosen) = dealt.receiver().chosen();
            assert_eq!([pairs.len(), choices.len(), chosen.len()], [count; 3]);
            for (at, pair) in pairs.iter().enumerate() {
                let (row, number) = (dealt.sent[at], first + at as u64);
                let expected = [row, row ^ dealt.delta].map(|row| pad_of(number, 0, row));
                assert_eq!(*pair, expected, "row {number}");
                assert_eq!(chosen[at], pair[usize::from(choices[at])]);
            }
        }
    }
}

#[test]
fn tables_are_those_of_each_transfer_for_itself() {
    for first in STARTS {
        for (bits, count) in [(1, 90), (3, 70), (8, 66)] {
            let dealt = deal(first, count * bits);
            let (pads, choices, chosen) = dealt.tables(bits);
            assert_eq!(pads.len(), count << bits);
            for (transfer, pads) in pads.chunks_exact(1 << bits).enumerate() {
                for (message, pad) in pads.iter().enumerate() {
                    assert_eq!(*pad, dealt.naive(transfer * bits, bits, message), "of {first}");
                }
                assert_eq!(chosen[transfer], pads[usize::from(choices[transfer])]);
            }
        }
    }
}

#[test]
fn both_parties_agree_over_several_windows() {
    let windows = 3 * WINDOW as usize;
    for first in [0, WINDOW - 7, 3 * WINDOW + 5000] {
        for bits in [1, 3, 8] {
            let dealt = deal(first, windows / bits * bits);
            let (pads, choices, chosen) = dealt.tables(bits);
            for ((pads, choice), chosen) in pads.chunks(1 << bits).zip(&choices).zip(&chosen) {
                assert_eq!(pads[usize::from(*choice)], *chosen);
            }
            // The first transfers of each window, and the last ones.
            for window in first / WINDOW..=first / WINDOW + 3 {
                let border = (window * WINDOW).saturating_sub(first) as usize;
                let transfer = border / bits;
                let last = (choices.len() - 1).min(transfer + 1);
                for transfer in transfer.saturating_sub(1)..=last {
                    let message = usize::from(choices[transfer]);
                    assert_eq!(chosen[transfer], dealt.naive(transfer * bits, bits, message));
                }
            }
        }
        let dealt = deal(first, windows);
        let (choices, chosen) = dealt.receiver().chosen();
        for ((pair, choice), chosen) in dealt.sender().pairs().iter().zip(&*choices).zip(&*chosen) {
            assert_eq!(pair[usize::from(*choice)], *chosen);
        }
    }
}

/// The same row and the same tweak, which never happens: two keys.
#[test]
fn windows_have_different_keys() {
    let mut permutations = Permutations::of(SESSION);
    let pads = [0, 1, 2, 1, 1 << 48].map(|window| {
        let (mut pad, span) = ([77], Span { first: window * WINDOW, rows: 1, pads: 1 });
        permutations.hash(span, &mut pad, &[5]);
        pad[0]
    });
    assert_eq!(pads[1], pads[3]);
    let different: std::collections::HashSet<_> = pads.iter().collect();
    assert_eq!(different.len(), 4);
}

/// What is hashed in one call and what is hashed in many is the same, wherever it is cut.
#[test]
fn batches_may_be_cut_anywhere() {
    let whole = deal(WINDOW - 30, 120);
    let (pads, ..) = whole.tables(3);
    let pairs = whole.sender().pairs();
    for cut in [3, 27, 30, 33, 60] {
        let part = |from: usize, to: usize| Dealt {
            first: whole.first + from as u64,
            delta: whole.delta,
            sent: whole.sent[from..to].to_vec(),
            received: whole.received[from..to].to_vec(),
            choices: whole.choices[from..to].to_vec(),
        };
        let parts = [part(0, cut), part(cut, 120)];
        let again = parts.iter().flat_map(|part| part.tables(3).0);
        assert!(again.eq(pads.iter().copied()));
        let again = parts.iter().flat_map(|part| part.sender().pairs().to_vec());
        assert!(again.eq(pairs.iter().copied()));
    }
}

/// Whoever changes what pads are must say so, in the domain.
#[test]
fn pads_are_as_they_always_were() {
    let mut hasher = blake3::Hasher::new();
    for bits in [1, 3, 8] {
        let rows: Vec<Block> = (0..48).map(|row| (row << 99) | (row * 0x1234_5677)).collect();
        let batch = SenderBatch::new(
            Permutations::of(b"known"),
            0x8765_4321 << 64 | 1,
            WINDOW - 13,
            Zeroizing::new(rows),
        );
        let hashed = batch.each_tables(bits, |pads| {
            pads.iter().for_each(|pad| _ = hasher.update(&pad.to_le_bytes()));
            Ok(())
        });
        hashed.unwrap();
    }
    assert_eq!(
        hasher.finalize().to_hex().as_str(),
        "100d19920384b8cda37ce472ecc5bb2e57616bf9f7d1d5a25b57a04090d8b472"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_batch_is_hashed_row_by_row(
        window in 0_u64..1 << 40, before in 0_u64..600, count in 0_usize..90, bits in 1_usize..=8,
    ) {
        let dealt = deal((window + 1) * WINDOW - before, count * bits);
        let (pads, choices, chosen) = dealt.tables(bits);
        prop_assert_eq!(chosen.len(), count);
        for transfer in 0..count {
            let message = usize::from(choices[transfer]);
            prop_assert_eq!(chosen[transfer], dealt.naive(transfer * bits, bits, message));
            prop_assert_eq!(pads[(transfer << bits) + message], chosen[transfer]);
            let other = (message * 7 + transfer) % (1 << bits);
            prop_assert_eq!(pads[(transfer << bits) + other], dealt.naive(transfer * bits, bits, other));
        }
        let pairs = dealt.sender().pairs();
        for (at, pair) in pairs.iter().enumerate() {
            let row = dealt.sent[at];
            let number = dealt.first + at as u64;
            prop_assert_eq!(*pair, [row, row ^ dealt.delta].map(|row| pad_of(number, 0, row)));
        }
    }
}
