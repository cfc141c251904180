//! Cheats in an iteration, each caught by the check that is there for it.

use proptest::prelude::*;

use super::*;

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
            let first = TINY.table + tree * levels;
            let rows = pair.rows[first..first + levels].iter().enumerate().map(|(level, row)| {
                let sent = if row & 1 == 1 { row ^ delta } else { *row };
                if guess >> level & 1 == 0 { sent ^ delta } else { sent }
            });
            let mut guessed = Punctured::new(
                domain().after("trees", &[]).cipher(),
                Size { trees: 1, ..TINY },
                &rows.collect::<Vec<_>>(),
            )
            .unwrap();
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
        let at = TINY.table + TINY.level_rows();
        let mut rows = Zeroizing::new(rows);
        rows[at..].iter_mut().for_each(|row| *row ^= flipped);
        let mut receiver = receiver::Iteration::new(TINY, domain(), rows).unwrap();
        for first in (0..TINY.trees).step_by(GROUP) {
            receiver.group(first, &sender.grow(first)).unwrap();
        }
        Block::from_le_bytes(receiver.answer().0)
    });
    assert_eq!(answers[0] ^ answers[1], Block::MAX);
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
