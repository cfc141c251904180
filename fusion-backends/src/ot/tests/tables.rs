//! Transfers of 1 of N, and the random ones that they are made of.

use std::collections::HashSet;

use super::super::tables::RUN;
use super::*;

#[test]
fn random_tables_give_one_of_each_for_every_size() {
    for bits in 1..=8 {
        // Runs of 64, one that is not full, and none at all.
        for count in [64, 129, 7, 0] {
            let rows = count * bits;
            both_ways(
                &BOTH,
                rows,
                |ot, _| {
                    let mut all = Vec::new();
                    let made = ot.take(rows).unwrap().each_tables(bits, |pads| {
                        assert!(pads.len() <= RUN << bits);
                        all.extend_from_slice(pads);
                        Ok(())
                    });
                    made.unwrap();
                    all
                },
                |ot, _| {
                    let (mut choices, mut chosen) = (Vec::new(), Vec::new());
                    let made = ot.take(rows).unwrap().each_chosen(bits, |some, pads| {
                        assert!(some.len() <= RUN);
                        choices.extend_from_slice(some);
                        chosen.extend_from_slice(pads);
                        Ok(())
                    });
                    made.unwrap();
                    (choices, chosen)
                },
                |pads, (choices, chosen)| {
                    assert_eq!([choices.len(), chosen.len()], [count; 2]);
                    assert_eq!(pads.len(), count << bits);
                    let tables = pads.chunks_exact(1 << bits);
                    for ((pads, choice), chosen) in tables.zip(&choices).zip(&chosen) {
                        let same = (0..1 << bits).filter(|at| pads[*at] == *chosen);
                        assert!(same.eq([usize::from(*choice)]), "{bits} bits");
                    }
                    let different: HashSet<_> = pads.iter().collect();
                    assert_eq!(different.len(), pads.len());
                    let seen: HashSet<_> = choices.iter().collect();
                    assert!(count < 64 || seen.len() > (1 << bits) / 8, "{bits} bits");
                },
            );
        }
    }
}

#[test]
fn one_of_n_gives_each_message_for_every_n() {
    for policy in BOTH {
        let (mut client, mut server) = parties(policy);
        for messages in 2..=256 {
            let width = Width::new((messages as u32 * 7) % 64 + 1).unwrap();
            let table = one_of_n::Table::new(messages, width).unwrap();
            // Every choice, or the first and the last ones.
            let every = messages <= 17 || messages == 256;
            let some = |choice: &usize| every || *choice < 2 || choice + 2 >= messages;
            let choices: Vec<_> = (0..messages).filter(some).map(|choice| choice as u8).collect();
            let words = words(choices.len() * messages);
            let count = choices.len() * table.bits();
            let (received, ()) = both(
                || {
                    let Party { ot, stream, rng } = &mut client;
                    ot.receiver.prepare(count, stream, rng).unwrap();
                    one_of_n::receive(&mut ot.receiver, table, &choices, stream).unwrap()
                },
                || {
                    let Party { ot, stream, rng } = &mut server;
                    ot.sender.prepare(count, stream, rng).unwrap();
                    one_of_n::send(&mut ot.sender, table, &words, stream).unwrap();
                },
            );
            for ((choice, found), words) in
                choices.iter().zip(&*received).zip(words.chunks(messages))
            {
                assert_eq!(*found, words[usize::from(*choice)] & width.mask());
            }
        }
    }
}

#[test]
fn one_of_n_works_in_large_batches() {
    for (messages, bits, count) in [(2, 1, 40_000), (16, 2, 12_345), (256, 8, 300)] {
        let table = one_of_n::Table::new(messages, Width::new(bits).unwrap()).unwrap();
        let (choices, words) = (choices(count, messages as u16), words(count * messages));
        both_ways(
            &BOTH,
            count * table.bits(),
            |ot, stream| one_of_n::send(ot, table, &words, stream).unwrap(),
            |ot, stream| one_of_n::receive(ot, table, &choices, stream).unwrap(),
            |(), received| {
                assert_eq!(received.len(), count);
                for (i, found) in received.iter().enumerate() {
                    let expected = words[i * messages + usize::from(choices[i])];
                    assert_eq!(*found, expected & ((1 << bits) - 1));
                }
            },
        );
    }
}
