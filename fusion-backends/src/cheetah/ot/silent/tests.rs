//! Iterations of a small size, and cheats, each caught by the check that is there for it.

use std::io::Write;

use fusion_core::transcript::Role;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use zeroize::Zeroizing;

use super::expansion::Expansion;
use super::setup::setup_of_size;
use super::size::{GROUP, Size};
use super::tree::{Punctured, Trees, Whole};
use super::{Block, Silent, SilentReceiver, SilentSender, receiver, sender};
use crate::cheetah::ot::batch::{OtReceiver, OtSender};
use crate::cheetah::ot::domain::Domain;
use crate::cheetah::ot::error::{Check, OtError};
use crate::cheetah::ot::tests::{Stream, both, streams};

/// 288 transfers in each iteration.
const TINY: Size = Size { table_bits: 6, levels: 4, trees: 41 };

/// For tests of what is built on top: 7040 transfers in each iteration.
pub(in crate::cheetah::ot) fn small(role: Role, stream: &mut Stream, rng: &mut StdRng) -> Silent {
    let size = Size { table_bits: 8, levels: 6, trees: 128 };
    setup_of_size(size, role, b"test", stream, rng).unwrap()
}

/// What an ideal base gives: rows of the sender with its secret, rows of the receiver.
fn dealt(size: Size, seed: u64) -> (Block, Vec<Block>, Vec<Block>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let delta = rng.random::<Block>() | 1;
    let rows: Vec<Block> = (0..size.taken()).map(|_| rng.random()).collect();
    let sender = rows.iter().map(|row| if row & 1 == 1 { row ^ delta } else { *row }).collect();
    (delta, sender, rows)
}

struct Pair {
    delta: Block,
    sender: sender::Iteration,
    receiver: receiver::Iteration,
    /// The receiver's.
    rows: Vec<Block>,
}

/// Both parties of an iteration; `wrong` is added to the sender's secret.
fn pair(domain: &Domain, seed: u64, wrong: Block) -> Pair {
    let (delta, sent, rows) = dealt(TINY, seed);
    let mut rng = StdRng::seed_from_u64(seed);
    let sent = Zeroizing::new(sent);
    let sender = sender::Iteration::new(TINY, domain.clone(), delta ^ wrong, sent, &mut rng);
    let receiver = receiver::Iteration::new(TINY, domain.clone(), Zeroizing::new(rows.clone()));
    Pair { delta, sender, receiver, rows }
}

fn domain() -> Domain {
    Domain::session(b"iteration", 0)
}

impl Pair {
    /// Runs the iteration; `cheat` may change the trees of the first group before they are sent.
    fn run(mut self, cheat: impl FnOnce(&mut sender::Iteration, &mut [u8])) -> Result<(), OtError> {
        let mut cheat = Some(cheat);
        for first in (0..TINY.trees).step_by(GROUP) {
            let mut message = self.sender.grow(first);
            if let Some(cheat) = cheat.take() {
                cheat(&mut self.sender, &mut message);
            }
            self.sender.combine(first, &message);
            self.receiver.group(first, &message)?;
        }
        let (answer, expected) = self.receiver.answer();
        let digest = self.sender.digest(&answer);
        self.receiver.finish(&expected, &digest).map(|_| ())
    }

    /// The leaf of that tree that the receiver lacks.
    fn missing(&self, tree: usize) -> usize {
        let rows = &self.rows[TINY.table() + tree * TINY.levels as usize..];
        (0..TINY.levels as usize).map(|level| usize::from(rows[level] & 1 == 0) << level).sum()
    }
}

fn caught(result: Result<(), OtError>) -> bool {
    match result {
        Ok(()) => false,
        Err(OtError::Inconsistent(Check::Leaves)) => true,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn sizes_leave_transfers_to_give() {
    for (size, given) in [(Size::STANDARD, 2913), (TINY, 41 - 23)] {
        assert_eq!(size.given(), given);
        assert!(size.kept() * size.leaves() >= size.taken());
        assert_eq!(size.given() + size.kept(), size.trees);
        assert!(size.table_bits <= 21, "places are 21 bits");
    }
}

#[test]
fn leaves_differ_in_one_place_by_delta() {
    let cipher = domain().cipher();
    for levels in [1, 2, 3, 7, 10] {
        let size = Size { table_bits: 1, levels, trees: 5 };
        let (delta, sent, rows) = dealt(size, 1);
        let (sent, rows) = (&sent[2..2 + size.level_rows()], &rows[2..2 + size.level_rows()]);
        let roots = Zeroizing::new((0..5).map(|root| root << 77).collect());
        let whole = Whole::new(cipher.clone(), delta, roots);
        let mut punctured = Punctured::new(cipher.clone(), size, rows);
        for tree in 0..5 {
            let (mut v, mut w) = (vec![0; size.leaves()], vec![0; size.leaves()]);
            let at = tree * levels as usize;
            let mut sums = Vec::new();
            whole.grow(tree, &mut v, |left| sums.push(left));
            assert_eq!(sums.len(), levels as usize);
            let masked = sums.iter().zip(&sent[at..]).map(|(sum, row)| (sum ^ row).to_le_bytes());
            punctured.correct(tree, &masked.collect::<Vec<_>>());
            punctured.leaves(tree, &mut w);
            let path = rows[at..at + levels as usize].iter().rev();
            let missing = path.fold(0, |leaf, row| leaf << 1 | usize::from(row & 1 == 0));
            for (leaf, (v, w)) in v.iter().zip(&w).enumerate() {
                assert_eq!(v ^ w, if leaf == missing { delta } else { 0 }, "{levels} levels");
                assert_eq!(v & 1, 0);
            }
            assert!(size.levels < 3 || v[0] != v[1]);
        }
    }
}

#[test]
fn an_honest_iteration_passes() {
    for seed in 0..5 {
        assert!(!caught(pair(&domain(), seed, 0).run(|_, _| {})));
    }
}

/// The sum of one level of one tree is wrong, and the sender does nothing to hide it.
#[test]
fn a_wrong_sum_is_caught() {
    for tree in [0, GROUP - 1] {
        for level in 0..TINY.levels as usize {
            for bit in [0, 7, 64, 127] {
                let at = (tree * TINY.levels as usize + level) * 16 + bit / 8;
                let pair = pair(&domain(), 1, 0);
                let caught = caught(pair.run(|_, message| message[at] ^= 1 << (bit % 8)));
                // The lowest bit of a leaf is overwritten by both, so there it does not matter.
                assert_eq!(caught, (level, bit) != (TINY.levels as usize - 1, 0));
            }
        }
    }
}

#[test]
fn a_wrong_secret_is_caught_in_one_tree_and_in_all() {
    for wrong in [2, 1 << 127] {
        assert!(caught(pair(&domain(), 2, wrong).run(|_, _| {})));
        let pair = pair(&domain(), 2, 0);
        assert!(caught(pair.run(|sender, message| sender.regrow(3, wrong, message))));
    }
}

/// The sender makes one sum wrong, guesses where the receiver's path goes, and combines the leaves
/// that the receiver has then. That passes if the guess is right, which is the leakage that is
/// documented. (The side on the last level need not be guessed.)
#[test]
fn a_sender_that_guesses_passes_only_with_a_right_guess() {
    let (tree, levels) = (2, TINY.levels as usize);
    for level in 0..levels {
        let mut passed = Vec::new();
        for guess in 0..TINY.leaves() {
            let pair = pair(&domain(), 3, 0);
            let (delta, missing) = (pair.delta, pair.missing(tree));
            let first = TINY.table() + tree * levels;
            let rows = pair.rows[first..first + levels].iter().enumerate().map(|(level, row)| {
                let sent = if row & 1 == 1 { row ^ delta } else { *row };
                if guess >> level & 1 == 0 { sent ^ delta } else { sent }
            });
            let mut guessed = Punctured::new(
                domain().after("trees", &[]).cipher(),
                Size { trees: 1, ..TINY },
                &rows.collect::<Vec<_>>(),
            );
            let result = pair.run(|sender, message| {
                let sums = &mut message.as_chunks_mut::<16>().0[tree * levels..][..levels];
                sums[level][5] ^= 1;
                guessed.correct(0, sums);
                let leaves = sender.leaves_of(tree);
                guessed.leaves(0, leaves);
                leaves[guess] ^= delta;
            });
            if !caught(result) {
                passed.push(guess);
                assert_eq!(guess % (TINY.leaves() / 2), missing % (TINY.leaves() / 2));
            }
        }
        assert_eq!(passed.len(), 2, "level {level}");
    }
}

#[test]
fn a_wrong_hash_is_caught() {
    for at in 0..32 {
        let Pair { mut sender, mut receiver, .. } = pair(&domain(), 4, 0);
        for first in (0..TINY.trees).step_by(GROUP) {
            let message = sender.grow(first);
            sender.combine(first, &message);
            receiver.group(first, &message).unwrap();
        }
        let (answer, expected) = receiver.answer();
        let mut digest = sender.digest(&answer);
        digest[at] ^= 0x40;
        assert!(caught(receiver.finish(&expected, &digest).map(|_| ())));
    }
}

/// Nothing checks the receiver's answer: a wrong one spoils its own comparison.
#[test]
fn a_wrong_answer_hurts_the_receiver_alone() {
    let Pair { mut sender, mut receiver, .. } = pair(&domain(), 5, 0);
    for first in (0..TINY.trees).step_by(GROUP) {
        let message = sender.grow(first);
        sender.combine(first, &message);
        receiver.group(first, &message).unwrap();
    }
    let (mut answer, expected) = receiver.answer();
    assert_eq!(sender.digest(&answer), expected);
    answer[3] ^= 1;
    assert!(caught(receiver.finish(&expected, &sender.digest(&answer)).map(|_| ())));
}

#[test]
fn trees_of_another_iteration_are_refused() {
    let replayed = pair(&domain().after("other", &[]), 6, 0).sender.grow(0);
    let pair = pair(&domain(), 6, 0);
    assert!(caught(pair.run(|_, message| message.copy_from_slice(&replayed))));
}

#[test]
fn the_answer_hides_the_choices() {
    // The same trees and paths with other rows for the check: another answer.
    let answers = [0, 1].map(|flipped| {
        let Pair { mut sender, rows, .. } = pair(&domain(), 7, 0);
        let at = TINY.table() + TINY.level_rows();
        let mut rows = Zeroizing::new(rows);
        rows[at..].iter_mut().for_each(|row| *row ^= flipped);
        let mut receiver = receiver::Iteration::new(TINY, domain(), rows);
        for first in (0..TINY.trees).step_by(GROUP) {
            receiver.group(first, &sender.grow(first)).unwrap();
        }
        Block::from_le_bytes(receiver.answer().0)
    });
    assert_eq!(answers[0] ^ answers[1], Block::MAX);
}

fn ends(size: Size) -> ((Silent, Stream), (Silent, Stream)) {
    let (left, right) = streams();
    let party = |role, mut stream| {
        let mut rng = StdRng::seed_from_u64(role as u64);
        (setup_of_size(size, role, b"test", &mut stream, &mut rng).unwrap(), stream)
    };
    both(|| party(Role::Client, left), || party(Role::Server, right))
}

/// Takes as many as `counts`, each prepared before, and checks what was taken.
fn take_all(
    (sender, right): (&mut SilentSender, &mut Stream),
    (receiver, left): (&mut SilentReceiver, &mut Stream),
    counts: &[usize],
    seen: &mut std::collections::HashSet<Block>,
) {
    let mut rngs = [StdRng::seed_from_u64(1), StdRng::seed_from_u64(2)];
    let [one, two] = &mut rngs;
    for count in counts {
        both(
            || receiver.prepare(*count, left, one).unwrap(),
            || sender.prepare(*count, right, two).unwrap(),
        );
        assert_eq!(sender.prepared(), receiver.prepared());
        assert!(sender.prepared() >= *count);
        let (t, q) = (receiver.take(*count).unwrap(), sender.take(*count).unwrap());
        assert_eq!(t.first(), q.first());
        let mut ones = 0;
        let delta = q.delta();
        for ((t, q), choice) in t.rows().iter().zip(q.rows()).zip(t.choices()) {
            assert_eq!(t ^ q, if *choice == 1 { delta } else { 0 });
            ones += usize::from(*choice);
            assert!(seen.insert(*q));
        }
        assert!((ones as f64 - *count as f64 / 2.0).abs() <= 4.0 * (*count as f64).sqrt());
    }
}

#[test]
fn transfers_are_right_over_many_iterations_and_both_ways() {
    let ((mut client, mut left), (mut server, mut right)) = ends(TINY);
    let mut seen = std::collections::HashSet::new();
    let counts = [1, 0, 15, 16, 17, 287, 289, 1000, 3];
    take_all(
        (&mut server.sender, &mut right),
        (&mut client.receiver, &mut left),
        &counts,
        &mut seen,
    );
    take_all(
        (&mut client.sender, &mut left),
        (&mut server.receiver, &mut right),
        &counts,
        &mut seen,
    );
    assert!(matches!(server.sender.take(999), Err(OtError::NotPrepared { needed: 999, .. })));
}

/// The size that is in use: slow without optimization.
#[test]
#[ignore = "takes a minute without --release"]
fn transfers_are_right_in_the_standard_size() {
    let ((mut client, mut left), (mut server, mut right)) = ends(Size::STANDARD);
    let mut seen = std::collections::HashSet::new();
    take_all(
        (&mut server.sender, &mut right),
        (&mut client.receiver, &mut left),
        &[1, 2_900_000, 500_000],
        &mut seen,
    );
}

#[test]
fn a_peer_that_cheats_or_stops_leaves_an_end_of_no_more_use() {
    let mut rng = StdRng::seed_from_u64(0);
    // Of the sender's first iteration: some of the trees, all of them and no hash, a wrong hash.
    let trees = TINY.level_rows() * 16;
    for sent in [0, 16, trees, trees + 31, trees + 32] {
        let ((mut client, mut left), (server, mut right)) = ends(TINY);
        let (result, _) = both(
            || client.receiver.prepare(1, &mut left, &mut rng),
            || {
                right.write_all(&vec![7; sent]).unwrap();
                right.flush().unwrap();
                // Whoever has said all listens on.
                (sent == trees + 32).then_some((server, right))
            },
        );
        match result {
            Err(OtError::Inconsistent(Check::Leaves)) => assert_eq!(sent, trees + 32),
            Err(OtError::Io(_)) => assert!(sent < trees + 32),
            other => panic!("{other:?}"),
        }
        let (mut a, _) = streams();
        assert!(matches!(client.receiver.prepare(1, &mut a, &mut rng), Err(OtError::Broken)));
        assert!(matches!(client.receiver.take(0), Err(OtError::Broken)));
    }
    // The receiver stops before its answer.
    let ((client, left), (mut server, mut right)) = ends(TINY);
    drop((client, left));
    assert!(matches!(server.sender.prepare(1, &mut right, &mut rng), Err(OtError::Io(_))));
    assert!(matches!(server.sender.prepare(1, &mut right, &mut rng), Err(OtError::Broken)));
    assert!(matches!(server.sender.take(0), Err(OtError::Broken)));
}

#[test]
fn too_many_are_refused_before_anything_is_sent() {
    let ((mut client, mut left), _) = ends(TINY);
    let mut rng = StdRng::seed_from_u64(0);
    let sent = left.sent;
    let refused = client.sender.prepare(usize::MAX, &mut left, &mut rng).unwrap_err();
    assert!(matches!(refused, OtError::TooMany(_)));
    assert_eq!(left.sent, sent);
    assert!(client.sender.take(0).is_ok());
}

#[test]
fn what_is_kept_is_small_and_is_the_end_of_the_rows() {
    let (_, sent, _) = dealt(TINY, 8);
    let roots = || Zeroizing::new((0..TINY.trees as Block).collect::<Vec<_>>());
    let expansion = || {
        let trees = Whole::new(domain().cipher(), 1, roots());
        Expansion::new(TINY, &domain(), trees, Zeroizing::new(sent.clone()))
    };
    let (mut all, mut some) = (Vec::new(), expansion());
    while some.more(&mut all) {}
    assert_eq!(all.len(), TINY.given() * TINY.leaves());
    let kept = some.kept();
    assert_eq!(kept.len(), TINY.kept() * TINY.leaves());
    assert!(all.iter().all(|row| !kept.contains(row)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..1500)) {
        let Pair { mut receiver, .. } = pair(&domain(), 9, 0);
        let size = TINY.message(0);
        prop_assert_eq!(receiver.group(0, &bytes).is_ok(), bytes.len() == size);
        let mut message = bytes.clone();
        message.resize(size, 0);
        let pair = pair(&domain(), 9, 0);
        prop_assert!(caught(pair.run(|_, sent| sent.copy_from_slice(&message))));
    }
}
