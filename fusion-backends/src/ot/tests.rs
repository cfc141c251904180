//! Every kind of transfer, in both directions, against what it should give.

mod limits;
#[path = "../../benches/support/stream.rs"]
mod stream;
mod tables;
mod windows;

use std::io::Write;
use std::thread;

use fusion_core::channel::{MemoryChannel, memory_pair};
use fusion_core::transcript::Role;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::softspoken::Depth;
use super::*;

pub(crate) type Stream = stream::Stream<MemoryChannel>;

pub(crate) fn streams() -> (Stream, Stream) {
    let (left, right) = memory_pair();
    (Stream::new(left), Stream::new(right))
}

/// Runs both parties.
pub(crate) fn both<A: Send, B>(
    client: impl FnOnce() -> A + Send,
    server: impl FnOnce() -> B,
) -> (A, B) {
    thread::scope(|scope| {
        let client = scope.spawn(client);
        let server = server();
        (client.join().unwrap(), server)
    })
}

/// Every extension. The silent one with small iterations.
const POLICIES: [Policy; 4] = [
    Policy::SoftSpoken(Depth::Two),
    Policy::SoftSpoken(Depth::Four),
    Policy::SoftSpoken(Depth::Eight),
    Policy::Silent,
];
const TWO: Policy = POLICIES[0];
const BOTH: [Policy; 2] = [POLICIES[1], POLICIES[3]];

struct Party {
    ot: Ends,
    stream: Stream,
    rng: StdRng,
}

fn party(role: Role, policy: Policy, mut stream: Stream) -> Party {
    let mut rng = StdRng::seed_from_u64(role as u64);
    let ot = match policy {
        Policy::Silent => silent::tests::small(role, &mut stream, &mut rng).into(),
        policy => setup(role, policy, b"test", &mut stream, &mut rng).unwrap(),
    };
    Party { ot, stream, rng }
}

fn parties(policy: Policy) -> (Party, Party) {
    let (left, right) = streams();
    both(|| party(Role::Client, policy, left), || party(Role::Server, policy, right))
}

/// Runs `send` at one party and `receive` at the other with `count` transfers prepared, in both
/// directions and with each policy, and passes what they gave to `check`.
fn both_ways<A: Send, B: Send>(
    policies: &[Policy],
    count: usize,
    send: impl Fn(&mut Sender, &mut Stream) -> A + Sync,
    receive: impl Fn(&mut Receiver, &mut Stream) -> B + Sync,
    check: impl Fn(A, B),
) {
    for policy in policies {
        let (mut client, mut server) = parties(*policy);
        for _ in 0..2 {
            let (sent, received) = both(
                || {
                    let Party { ot, stream, rng } = &mut client;
                    ot.sender.prepare(count, stream, rng).unwrap();
                    send(&mut ot.sender, stream)
                },
                || {
                    let Party { ot, stream, rng } = &mut server;
                    ot.receiver.prepare(count, stream, rng).unwrap();
                    receive(&mut ot.receiver, stream)
                },
            );
            check(sent, received);
            std::mem::swap(&mut client, &mut server);
        }
    }
}

fn choices(count: usize, messages: u16) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(9);
    (0..count).map(|_| rng.random_range(0..messages) as u8).collect()
}

fn words(count: usize) -> Vec<u64> {
    let mut rng = StdRng::seed_from_u64(10);
    (0..count).map(|_| rng.random()).collect()
}

#[test]
fn random_transfers_give_one_of_two() {
    for policy in POLICIES {
        // More than one chunk, and a last one that is not full.
        for count in [1, 8064, 20_000] {
            both_ways(
                &[policy],
                count,
                |ot, _| ot.take(count).unwrap().pairs().to_vec(),
                |ot, _| {
                    let (choices, chosen) = ot.take(count).unwrap().chosen();
                    (choices.to_vec(), chosen.to_vec())
                },
                |pairs, (choices, chosen)| {
                    assert_eq!([pairs.len(), choices.len(), chosen.len()], [count; 3]);
                    for ((pair, choice), chosen) in pairs.iter().zip(&choices).zip(&chosen) {
                        assert_eq!(pair[usize::from(*choice)], *chosen);
                        assert_ne!(pair[usize::from(1 - *choice)], *chosen);
                    }
                    let ones = choices.iter().filter(|choice| **choice == 1).count() as f64;
                    let spread = (ones - count as f64 / 2.0).abs();
                    assert!(
                        count == 1 || spread < 4.0 * (count as f64).sqrt(),
                        "{ones} of {count}"
                    );
                },
            );
        }
    }
}

#[test]
fn random_transfers_in_little_memory_give_one_of_two() {
    for policy in BOTH {
        let (mut client, mut server) = parties(policy);
        let count = 30_000;
        let ((choices, chosen), pairs) = both(
            || {
                let Party { ot, stream, rng } = &mut client;
                let (mut all, mut messages) = (Vec::new(), Vec::new());
                random::receive(&mut ot.receiver, count, stream, rng, |choices, chosen| {
                    all.extend_from_slice(choices);
                    messages.extend_from_slice(chosen);
                })
                .unwrap();
                (all, messages)
            },
            || {
                let Party { ot, stream, rng } = &mut server;
                let mut all = Vec::new();
                random::send(&mut ot.sender, count, stream, rng, |pairs| {
                    all.extend_from_slice(pairs)
                })
                .unwrap();
                all
            },
        );
        assert_eq!([choices.len(), chosen.len(), pairs.len()], [count; 3]);
        for ((pair, choice), chosen) in pairs.iter().zip(&choices).zip(&chosen) {
            assert_eq!(pair[usize::from(*choice)], *chosen);
        }
        assert_eq!(client.ot.receiver.prepared(), server.ot.sender.prepared());
    }
}

#[test]
fn rows_differ_by_the_choice_times_delta() {
    let choices = choices(5000, 2);
    both_ways(
        &BOTH,
        choices.len(),
        |ot, stream| correlated::send_xor(ot, choices.len(), stream).unwrap(),
        |ot, stream| correlated::receive_xor(ot, &choices, stream).unwrap(),
        |sent, received| {
            for ((q, t), choice) in sent.rows.iter().zip(received.iter()).zip(&choices) {
                assert_eq!(q ^ t, if *choice == 1 { *sent.delta } else { 0 });
            }
        },
    );
}

#[test]
fn sums_differ_by_the_choice_times_the_difference() {
    for bits in [1, 7, 8, 20, 32, 37, 63, 64] {
        let width = Width::new(bits).unwrap();
        let (choices, differences) = (choices(999, 2), words(999));
        both_ways(
            &BOTH,
            999,
            |ot, stream| correlated::send_ring(ot, width, &differences, stream).unwrap(),
            |ot, stream| correlated::receive_ring(ot, width, &choices, stream).unwrap(),
            |sums, received| {
                for (i, (s, r)) in sums.iter().zip(received.iter()).enumerate() {
                    let expected = s.wrapping_add(u64::from(choices[i]) * differences[i]);
                    assert_eq!(*r, expected & width.mask(), "transfer {i} of {bits} bits");
                    assert!(*s <= width.mask());
                }
            },
        );
    }
}

#[test]
fn chosen_messages_arrive() {
    let choices = choices(9000, 2);
    let words = words(36_000);
    let messages: Vec<[Block; 2]> = (words.as_chunks::<4>().0.iter())
        .map(|[a, b, c, d]| [(a, b), (c, d)].map(|(a, b)| Block::from(*a) << 64 | Block::from(*b)))
        .collect();
    both_ways(
        &BOTH,
        choices.len(),
        |ot, stream| chosen::send(ot, &messages, stream).unwrap(),
        |ot, stream| chosen::receive(ot, &choices, stream).unwrap(),
        |(), received| {
            for ((pair, choice), found) in messages.iter().zip(&choices).zip(received.iter()) {
                assert_eq!(pair[usize::from(*choice)], *found);
            }
        },
    );
}

#[test]
fn misuse_is_told_before_anything_is_sent() {
    let (mut client, _server) = parties(TWO);
    let Party { ot, stream, .. } = &mut client;
    let sent = stream.sent;
    let refused = correlated::receive_xor(&mut ot.receiver, &[0], stream).unwrap_err();
    assert!(matches!(refused, OtError::NotPrepared { needed: 1, prepared: 0 }));
    let refused = chosen::receive(&mut ot.receiver, &[0, 2], stream).unwrap_err();
    assert!(matches!(refused, OtError::Choice { messages: 2 }));
    let table = one_of_n::Table::new(5, Width::BIT).unwrap();
    let refused = one_of_n::receive(&mut ot.receiver, table, &[5], stream).unwrap_err();
    assert!(matches!(refused, OtError::Choice { messages: 5 }));
    let refused = one_of_n::send(&mut ot.sender, table, &[0; 7], stream).unwrap_err();
    assert!(matches!(refused, OtError::Messages { messages: 5, found: 7 }));
    assert_eq!(stream.sent, sent);
    assert_eq!(one_of_n::Table::new(1, Width::BIT), None);
    assert_eq!(one_of_n::Table::new(257, Width::BIT), None);
}

/// More than the counters hold, and more than memory does: nothing is sent, and both parties go on.
#[test]
fn too_many_are_refused_before_anything_is_sent() {
    for policy in BOTH {
        let (mut client, mut server) = parties(policy);
        for Party { ot, stream, rng } in [&mut client, &mut server] {
            let sent = stream.sent;
            for count in [usize::MAX, (1 << 40) + 1, 1 << 40, 1 << 39] {
                // A system that promises any memory would have it try.
                if Vec::<Block>::new().try_reserve_exact(count).is_ok() {
                    continue;
                }
                let sender = ot.sender.prepare(count, stream, rng);
                let receiver = ot.receiver.prepare(count, stream, rng);
                for refused in [sender, receiver] {
                    assert!(matches!(refused, Err(OtError::TooMany(found)) if found == count));
                }
            }
            stream.flush().unwrap();
            assert_eq!(stream.sent, sent);
        }
        both(
            || client.ot.sender.prepare(9, &mut client.stream, &mut client.rng).unwrap(),
            || server.ot.receiver.prepare(9, &mut server.stream, &mut server.rng).unwrap(),
        );
        assert!(client.ot.sender.take(9).is_ok() && server.ot.receiver.take(9).is_ok());
    }
}

#[test]
fn nothing_shows_secrets() {
    for policy in BOTH {
        let (mut client, mut server) = parties(policy);
        let (receiver, sender) = both(
            || {
                let Party { ot, stream, rng } = &mut client;
                ot.receiver.prepare(9, stream, rng).unwrap();
                let batch = ot.receiver.take(9).unwrap();
                format!("{ot:?} {batch:?}")
            },
            || {
                let Party { ot, stream, rng } = &mut server;
                ot.sender.prepare(9, stream, rng).unwrap();
                let batch = ot.sender.take(9).unwrap();
                format!("{ot:?} {batch:?}")
            },
        );
        for shown in [receiver, sender] {
            let numbers =
                shown.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() > 5);
            assert_eq!(numbers.count(), 0, "{shown}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever comes instead of an answer is a typed error or a wrong message.
    #[test]
    fn garbage_in_an_answer_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let (mut client, server) = parties(TWO);
        let width = Width::new(5).unwrap();
        let (answered, ()) = both(
            || {
                let Party { ot, stream, rng } = &mut client;
                ot.receiver.prepare(3, stream, rng).unwrap();
                correlated::receive_ring(&mut ot.receiver, width, &[0, 1, 1], stream)
            },
            || {
                let Party { mut ot, mut stream, mut rng } = server;
                ot.sender.prepare(3, &mut stream, &mut rng).unwrap();
                bits::receive(&mut stream, Width::BIT, 3).unwrap();
                stream.write_all(&bytes).unwrap();
                stream.flush().unwrap();
            },
        );
        match answered {
            Ok(sums) => prop_assert!(bytes.len() >= 2 && sums.iter().all(|sum| *sum < 32)),
            Err(OtError::Malformed(Malformed::Padding)) => prop_assert!(bytes[1] >= 0x80),
            Err(OtError::Io(_)) => prop_assert!(bytes.len() < 2),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn parties_of_different_policies_do_not_meet() {
    let (mut left, mut right) = streams();
    let (client, server) = both(
        || {
            let mut rng = StdRng::seed_from_u64(1);
            let result = setup(Role::Client, Policy::Silent, b"test", &mut left, &mut rng);
            drop(left);
            result.map(|_| ())
        },
        || {
            let mut rng = StdRng::seed_from_u64(2);
            let policy = Policy::SoftSpoken(Depth::Eight);
            let result = setup(Role::Server, policy, b"test", &mut right, &mut rng);
            drop(right);
            result.map(|_| ())
        },
    );
    assert!(matches!(client, Err(OtError::Inconsistent(_) | OtError::Io(_))));
    assert!(matches!(server, Err(OtError::Inconsistent(_) | OtError::Io(_))));
}
