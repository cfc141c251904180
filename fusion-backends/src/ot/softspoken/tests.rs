//! Cheats, each caught by the check that is there for it.

use fusion_core::transcript::Role;
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

use super::chunk::Size;
use super::setup::{First, Second};
use super::*;
use crate::ot::batch::{OtReceiver, OtSender};
use crate::ot::domain::Domain;
use crate::ot::error::{Check, Malformed, OtError};
use crate::ot::tests::{both, streams};

const DEPTHS: [Depth; 3] = [Depth::Two, Depth::Four, Depth::Eight];

fn session(depth: Depth) -> Domain {
    Domain::session(b"test", depth.bits() as u32)
}

struct Setup {
    client: Second,
    server: Second,
    client_trees: Vec<u8>,
    server_trees: Vec<u8>,
}

/// Up to the exchange of trees.
fn base(depth: Depth, seed: u64) -> Setup {
    let mut rng = StdRng::seed_from_u64(seed);
    let (client, from_client) = First::new(Role::Client, depth, session(depth), &mut rng);
    let (server, from_server) = First::new(Role::Server, depth, session(depth), &mut rng);
    let (client, client_trees) = client.next(&from_client, &from_server, &mut rng).unwrap();
    let (server, server_trees) = server.next(&from_server, &from_client, &mut rng).unwrap();
    Setup { client, server, client_trees, server_trees }
}

/// The client receives, the server sends.
fn ends(depth: Depth, seed: u64) -> (SoftSpokenReceiver, SoftSpokenSender) {
    let Setup { client, server, client_trees, server_trees } = base(depth, seed);
    let client = client.finish(&client_trees, &server_trees).unwrap();
    let server = server.finish(&server_trees, &client_trees).unwrap();
    (client.receiver, server.sender)
}

#[test]
fn sizes_hold_what_is_wanted_and_little_more() {
    for wanted in [1, 1919, 1920, 1921, 8064, 8065, 1 << 30] {
        let size = Size::for_transfers(wanted);
        assert!(size.transfers() >= wanted.min(8064));
        assert!(size.transfers() - wanted.min(8064) < Size::SURPLUS);
    }
}

#[test]
fn a_punctured_tree_has_all_leaves_but_the_hidden_one() {
    let domain = Domain::session(b"tree", 0);
    for depth in [1, 2, 4, 5] {
        let pairs: Vec<[Block; 2]> =
            (0..depth).map(|i| [i as u128 + 100, i as u128 + 200]).collect();
        let mut message = Vec::new();
        let grown = tree::grow(&domain, 3, 12345, &pairs, &mut message);
        assert_eq!(message.len(), tree::message_len(depth));
        for hidden in 0..1 << depth {
            let sides = tree::sides(hidden, depth);
            let keys: Vec<_> = pairs.iter().zip(sides).map(|(p, s)| p[usize::from(s)]).collect();
            let leaves = tree::puncture(&domain, 3, hidden, &keys, &message).unwrap();
            let expected: Vec<_> =
                (1..1 << depth).map(|y: usize| grown[y ^ usize::from(hidden)]).collect();
            assert_eq!(*leaves, expected);
        }
    }
}

/// The sums of one level are wrong on one side: seen by those who use that side, and only by them.
#[test]
fn a_tree_grown_wrongly_is_caught_or_was_a_guess() {
    let domain = Domain::session(b"tree", 0);
    let depth = 4;
    let pairs: Vec<[Block; 2]> = (0..depth).map(|i| [i as u128 + 100, i as u128 + 200]).collect();
    let mut message = Vec::new();
    let grown = tree::grow(&domain, 0, 1, &pairs, &mut message);
    for at in 0..message.len() {
        let mut wrong = message.clone();
        wrong[at] ^= 0x10;
        let mut passed = 0;
        for hidden in 0..16 {
            let sides = tree::sides(hidden, depth);
            let keys: Vec<_> = pairs.iter().zip(sides).map(|(p, s)| p[usize::from(s)]).collect();
            match tree::puncture(&domain, 0, hidden, &keys, &wrong) {
                Err(OtError::Inconsistent(Check::Tree { tree: 0 })) => {}
                Err(other) => panic!("{other}"),
                Ok(leaves) => {
                    passed += 1;
                    assert!(
                        (1..)
                            .zip(leaves.iter())
                            .all(|(y, leaf)| { *leaf == grown[y ^ usize::from(hidden)] })
                    );
                }
            }
        }
        // A wrong sum is a guess at one bit; a wrong check is caught always.
        assert_eq!(passed, if at < depth * 32 { 8 } else { 0 }, "byte {at}");
    }
}

#[test]
fn a_peer_that_grows_trees_wrongly_is_caught_in_setup() {
    for depth in DEPTHS {
        // Of both sums of a level: whatever the secret is, one of them is used.
        let Setup { server, mut client_trees, server_trees, .. } = base(depth, 1);
        let tree = tree::message_len(depth.bits());
        client_trees[tree] ^= 1;
        client_trees[tree + 16] ^= 1;
        let caught = server.finish(&server_trees, &client_trees).unwrap_err();
        assert!(matches!(caught, OtError::Inconsistent(Check::Tree { tree: 1 })), "{caught}");
    }
}

#[test]
fn trees_of_another_setup_are_refused() {
    let Setup { server, server_trees, .. } = base(Depth::Four, 1);
    let replayed = base(Depth::Four, 2).client_trees;
    let caught = server.finish(&server_trees, &replayed).unwrap_err();
    assert!(matches!(caught, OtError::Inconsistent(Check::Tree { tree: 0 })), "{caught}");
}

#[test]
fn parties_of_different_sessions_or_depths_do_not_meet() {
    for (session, depth) in [(&b"other"[..], Depth::Four), (b"test", Depth::Two)] {
        let (mut left, mut right) = streams();
        let (client, server) = both(
            || {
                let mut rng = StdRng::seed_from_u64(1);
                let result = setup(Role::Client, Depth::Four, b"test", &mut left, &mut rng);
                drop(left);
                result.map(|_| ())
            },
            || {
                let mut rng = StdRng::seed_from_u64(2);
                let result = setup(Role::Server, depth, session, &mut right, &mut rng);
                drop(right);
                result.map(|_| ())
            },
        );
        assert!(matches!(client, Err(OtError::Inconsistent(_) | OtError::Io(_))));
        assert!(matches!(server, Err(OtError::Inconsistent(_) | OtError::Io(_))));
    }
}

#[test]
fn a_message_of_the_own_role_sent_back_is_refused() {
    let mut rng = StdRng::seed_from_u64(3);
    let (client, ours) = First::new(Role::Client, Depth::Four, session(Depth::Four), &mut rng);
    let (client, trees) = client.next(&ours, &ours, &mut rng).unwrap();
    let caught = client.finish(&trees, &trees).unwrap_err();
    assert!(matches!(caught, OtError::Inconsistent(Check::Tree { .. })));
}

/// The receiver uses other choices in one tree than in the others: for one transfer, as a real
/// cheat would, or for all.
#[test]
fn a_receiver_with_inconsistent_columns_is_caught() {
    for depth in DEPTHS {
        for tree in [0, depth.trees() - 2] {
            for bytes in [0..1, 0..256 * 4] {
                let (mut receiver, mut sender) = ends(depth, 4);
                let size = Size::for_transfers(8064);
                let mut message = receiver.chunk(size).unwrap();
                let column = tree * size.blocks() * 16;
                message[column + bytes.start..column + bytes.end].iter_mut().for_each(|b| *b ^= 1);
                let caught = sender.chunk(size, &message).unwrap_err();
                assert!(matches!(caught, OtError::Inconsistent(Check::Columns)), "{caught}");
            }
        }
    }
}

/// A cheat that computes its check for the columns it sent, and guesses the bits of the secret that
/// this takes. It passes if the guess is right, which is the leakage that is documented.
#[test]
fn a_receiver_that_guesses_passes_only_with_a_right_guess() {
    let depth = Depth::Two;
    let mut passed = 0;
    for guess in 0..4 {
        let (mut receiver, mut sender) = ends(depth, 5);
        let size = Size::for_transfers(1);
        let message = receiver.cheat(size, 1, guess);
        passed += usize::from(sender.chunk(size, &message).is_ok());
    }
    assert_eq!(passed, 1);
}

#[test]
fn a_wrong_check_is_caught_and_the_sender_is_of_no_more_use() {
    for at in 1..=48 {
        let (mut receiver, mut sender) = ends(Depth::Four, 6);
        let (mut left, mut right) = streams();
        let mut rng = StdRng::seed_from_u64(0);
        let size = Size::for_transfers(100);
        let mut message = receiver.chunk(size).unwrap();
        let end = message.len();
        message[end - at] ^= 0x80;
        std::io::Write::write_all(&mut left, &message).unwrap();
        std::io::Write::flush(&mut left).unwrap();
        let caught = sender.prepare(100, &mut right, &mut rng).unwrap_err();
        assert!(matches!(caught, OtError::Inconsistent(Check::Columns)), "{caught}");
        assert!(matches!(sender.prepare(1, &mut right, &mut rng), Err(OtError::Broken)));
        assert!(matches!(sender.take(1), Err(OtError::Broken)));
    }
}

#[test]
fn chunks_replayed_or_out_of_order_are_caught() {
    let (mut receiver, mut sender) = ends(Depth::Four, 7);
    let size = Size::for_transfers(100);
    let (first, second) = (receiver.chunk(size).unwrap(), receiver.chunk(size).unwrap());
    sender.chunk(size, &first).unwrap();
    assert!(matches!(sender.chunk(size, &first), Err(OtError::Inconsistent(Check::Columns))));
    let (_, mut sender) = ends(Depth::Four, 7);
    assert!(matches!(sender.chunk(size, &second), Err(OtError::Inconsistent(Check::Columns))));
}

#[test]
fn a_peer_that_stops_is_an_error_of_the_connection() {
    let (mut receiver, mut sender) = ends(Depth::Four, 8);
    let (mut left, mut right) = streams();
    let mut rng = StdRng::seed_from_u64(0);
    let message = receiver.chunk(Size::for_transfers(100)).unwrap();
    std::io::Write::write_all(&mut left, &message[..message.len() - 1]).unwrap();
    std::io::Write::flush(&mut left).unwrap();
    drop(left);
    assert!(matches!(sender.prepare(100, &mut right, &mut rng), Err(OtError::Io(_))));
    assert!(matches!(sender.take(1), Err(OtError::Broken)));
}

#[test]
fn a_chunk_that_was_not_sent_is_not_used() {
    let (mut receiver, _) = ends(Depth::Two, 8);
    let (mut left, right) = streams();
    drop(right);
    let mut rng = StdRng::seed_from_u64(0);
    assert!(matches!(receiver.prepare(100, &mut left, &mut rng), Err(OtError::Io(_))));
    assert!(matches!(receiver.take(1), Err(OtError::Broken)));
    assert!(matches!(receiver.prepare(1, &mut left, &mut rng), Err(OtError::Broken)));
}

#[test]
fn rows_are_used_once_and_in_step() {
    let (mut receiver, mut sender) = ends(Depth::Two, 9);
    let size = Size::for_transfers(3000);
    let message = receiver.chunk(size).unwrap();
    sender.chunk(size, &message).unwrap();
    let mut seen = std::collections::HashSet::new();
    for count in [1, 0, 700, 1299, size.transfers() - 2000] {
        let (t, q) = (receiver.take(count).unwrap(), sender.take(count).unwrap());
        assert_eq!(t.first, q.first);
        for ((t, q), choice) in t.rows.iter().zip(q.rows.iter()).zip(t.choices()) {
            assert_eq!(t ^ q, if *choice == 1 { sender.delta() } else { 0 });
            assert!(seen.insert(*q));
        }
    }
    assert!(matches!(sender.take(1), Err(OtError::NotPrepared { needed: 1, prepared: 0 })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..1200), cut in 0_usize..8000) {
        let mut rng = StdRng::seed_from_u64(1);
        let (mut receiver, mut sender) = ends(Depth::Two, 10);
        let size = Size::for_transfers(1);
        let typed = |refused: OtError| {
            let wrong_length = matches!(refused, OtError::Malformed(Malformed::Length));
            wrong_length || matches!(refused, OtError::Inconsistent(_) | OtError::NotAPoint { .. })
        };
        prop_assert!(typed(sender.chunk(size, &bytes).unwrap_err()));
        let mut message = receiver.chunk(size).unwrap();
        message.truncate(cut.min(message.len() - 1));
        prop_assert!(typed(sender.chunk(size, &message).unwrap_err()));

        let Setup { client, server, mut client_trees, server_trees } = base(Depth::Four, 11);
        prop_assert!(typed(server.finish(&server_trees, &bytes).unwrap_err()));
        let longer = [&client_trees[..], &[0]].concat();
        let refused = base(Depth::Four, 11).server.finish(&server_trees, &longer).unwrap_err();
        prop_assert!(matches!(refused, OtError::Malformed(Malformed::Length)));
        client_trees.truncate(cut.min(client_trees.len() - 1));
        prop_assert!(typed(client.finish(&client_trees, &client_trees).unwrap_err()));

        let (first, ours) = First::new(Role::Client, Depth::Four, session(Depth::Four), &mut rng);
        prop_assert!(typed(first.next(&ours, &bytes, &mut rng).err().unwrap()));
    }
}
