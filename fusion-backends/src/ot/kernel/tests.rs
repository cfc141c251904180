use proptest::prelude::*;

use super::*;

fn block(hex: &str) -> Block {
    Block::from_str_radix(hex, 16).unwrap().swap_bytes()
}

/// FIPS-197, appendices B and C.1.
#[test]
fn aes_is_that_of_fips_197() {
    for level in Level::all() {
        let mut out = [0];
        Key::at(level, block("000102030405060708090a0b0c0d0e0f"))
            .stream(block("00112233445566778899aabbccddeeff"), &mut out);
        assert_eq!(out[0], block("69c4e0d86a7b0430d8cdb78070b4c55a"), "{level:?}");
        Key::at(level, block("2b7e151628aed2a6abf7158809cf4f3c"))
            .stream(block("3243f6a8885a308d313198a2e0370734"), &mut out);
        assert_eq!(out[0], block("3925841d02dc09fbdc118597196a0b32"), "{level:?}");
    }
}

#[test]
fn the_hash_is_two_permutations_and_their_feed_forward() {
    let (x, tweak, key) = (0x1234_5678 << 70, 77 << 64, 99);
    for level in Level::all() {
        let pi = |x: Block| {
            let mut out = [0];
            Key::at(level, key).stream(x, &mut out);
            out[0]
        };
        let mut blocks = [x];
        Key::at(level, key).hash(&mut blocks, &[tweak]);
        assert_eq!(blocks[0], pi(pi(x) ^ tweak) ^ pi(x), "{level:?}");
    }
}

#[test]
fn products_reduce_by_the_polynomial() {
    for level in Level::all() {
        assert_eq!(dot_at(level, &[1 << 127], &[2]), 0x87);
        // x^254, by hand: x^252 folds to x^124 (x^7 + x^2 + x + 1), and that again.
        let mut power = 1;
        (0..254).for_each(|_| power = double(power));
        assert_eq!(dot_at(level, &[1 << 127], &[1 << 127]), power, "{level:?}");
    }
}

#[test]
fn products_match_the_test_vector_of_the_bit_by_bit_product() {
    let slow = |a: Block, b: Block| {
        (0..128).rev().fold(0, |sum, bit| double(sum) ^ if b >> bit & 1 == 1 { a } else { 0 })
    };
    let (a, b) = (0x0388_dace_60b6_a392_f328_c2b9_71b2_fe78, u128::MAX / 3);
    for level in Level::all() {
        assert_eq!(dot_at(level, &[a], &[b]), slow(a, b), "{level:?}");
        assert_eq!(dot_at(level, &[u128::MAX], &[u128::MAX]), slow(u128::MAX, u128::MAX));
    }
}

proptest! {
    #[test]
    fn every_level_gives_the_same(
        key: Block,
        first: Block,
        pairs in prop::collection::vec(any::<(Block, Block)>(), 0..70),
    ) {
        let (a, b): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let portable = Key::at(Level::Portable, key);
        for level in Level::all() {
            let fast = Key::at(level, key);
            let (mut expected, mut found) = (a.clone(), a.clone());
            portable.hash(&mut expected, &b);
            fast.hash(&mut found, &b);
            prop_assert_eq!(&expected, &found);
            portable.stream(first, &mut expected);
            fast.stream(first, &mut found);
            prop_assert_eq!(&expected, &found);
            prop_assert_eq!(dot_at(Level::Portable, &a, &b), dot_at(level, &a, &b));
            let (mut expected, mut found) = ([&*a, &b].concat(), [&*a, &b].concat());
            prop_assert_eq!(portable.split(&mut expected), fast.split(&mut found));
            prop_assert_eq!(&expected, &found);
            let entry = a.first().copied().unwrap_or(1);
            let table: Vec<_> = (0..1 + first as usize % 77).map(|at| entry.wrapping_mul(at as Block | 2)).collect();
            portable.gather(first as u64 >> 20, &table, &mut expected);
            fast.gather(first as u64 >> 20, &table, &mut found);
            prop_assert_eq!(&expected, &found);
        }
    }

    #[test]
    fn children_are_the_hash_and_its_difference_to_the_parent(parents: [Block; 19], key: Block) {
        for level in Level::all() {
            let key = Key::at(level, key);
            let mut nodes = [parents, [0; 19]].concat();
            let sum = key.split(&mut nodes);
            let (left, right) = nodes.split_at(19);
            prop_assert_eq!(left.iter().fold(0, |sum, left| sum ^ left), sum);
            for ((left, right), parent) in left.iter().zip(right).zip(parents) {
                let (high, low) = (parent >> 64, parent & u128::from(u64::MAX));
                let moved = (high ^ low) << 64 | high;
                let mut hashed = [0];
                key.stream(moved, &mut hashed);
                prop_assert_eq!(*left, hashed[0] ^ moved);
                prop_assert_eq!(left ^ right, parent);
            }
        }
    }

    #[test]
    fn rows_of_the_code_are_ten_entries(first in 0_u64..1 << 40, entries in 1_u64..5000, count in 0_usize..40) {
        let table: Vec<Block> = (0..entries).map(|entry| Block::from(entry) << 64 | 1).collect();
        for level in Level::all() {
            let key = Key::at(level, 9);
            let mut rows = vec![0; count];
            key.gather(first, &table, &mut rows);
            for (row, number) in rows.iter().zip(first..) {
                let mut drawn = [0; 2];
                key.stream(Block::from(number) * 2, &mut drawn);
                let words = drawn.map(|block| [block as u64, (block >> 64) as u64]).concat();
                // The word times entries^i, and of that what is above 64 bits, modulo the entries.
                let places = (0..10).map(|term| {
                    let power = u128::from(entries).pow(term as u32 % 3 + 1);
                    ((u128::from(words[term / 3]) * power) >> 64) % u128::from(entries)
                });
                prop_assert_eq!(*row, places.fold(0, |sum, place| sum ^ table[place as usize]));
            }
        }
    }

    #[test]
    fn secret_places_are_the_same_as_known_ones(items: [Block; 21], place in 0_usize..21, what: Block) {
        let (mut left, mut right) = (items, [5; 21]);
        add_at(&mut left, &mut right, place as u32, what);
        let mut marked = items;
        mark(&mut marked, place as u32);
        for at in 0..21 {
            let here = at == place;
            prop_assert_eq!(left[at], if here { items[at] ^ what } else { items[at] });
            prop_assert_eq!(right[at], if here { 5 ^ what } else { 5 });
            prop_assert_eq!(marked[at], items[at] & !1 | Block::from(here));
        }
        prop_assert_eq!(sum_marked(&items, &marked), items[place]);
    }

    #[test]
    fn sums_over_a_tree_are_what_they_say(
        seed: Block, first: Block, depth in 1_usize..=5, punctured: bool,
    ) {
        let skip = usize::from(punctured);
        for level in Level::all() {
            let keys: Vec<_> =
                (skip..1 << depth).map(|x| Key::at(level, seed ^ x as Block)).collect();
            let (mut all, mut by_bit) = (empty_stripe(), vec![[1; STRIPE]; depth]);
            fold(&keys, first, &mut all, &mut by_bit);
            let (mut sum, mut by_bit_sum) = (empty_stripe(), vec![empty_stripe(); depth]);
            for (x, key) in (skip..).zip(&keys) {
                let mut stream = empty_stripe();
                key.stream(first, &mut stream);
                for i in 0..STRIPE {
                    sum[i] ^= stream[i];
                    (0..depth).filter(|b| x >> b & 1 == 1).for_each(|b| by_bit_sum[b][i] ^= stream[i]);
                }
            }
            prop_assert_eq!(all, sum);
            prop_assert_eq!(by_bit, by_bit_sum);
        }
    }

    #[test]
    fn transposition_moves_every_bit(seed: Block) {
        let mut blocks = [0; 128];
        Key::new(seed).stream(0, &mut blocks);
        let rows = blocks.map(|block| [block as u64, (block >> 64) as u64]);
        let (mut fast, mut portable) = (rows, rows);
        transpose(&mut fast);
        transpose::transpose(&mut portable);
        prop_assert_eq!(fast, portable);
        for i in 0..128 {
            for j in 0..128 {
                prop_assert_eq!(rows[i][j / 64] >> (j % 64) & 1, fast[j][i / 64] >> (i % 64) & 1);
            }
        }
    }
}
