//! For processors without instructions for AES and carry-less multiplication.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

use super::{Block, DRAWN, Key, Stripe, empty_stripe, fold as fold_with, places};

const BATCH: usize = 16;

pub(super) fn hash(key: &Key, blocks: &mut [Block], tweaks: &[Block]) {
    let cipher = cipher(key);
    for (blocks, tweaks) in blocks.chunks_mut(BATCH).zip(tweaks.chunks(BATCH)) {
        encrypt(&cipher, blocks);
        let mut again = [0; BATCH];
        for ((again, block), tweak) in again.iter_mut().zip(&*blocks).zip(tweaks) {
            *again = block ^ tweak;
        }
        encrypt(&cipher, &mut again[..blocks.len()]);
        blocks.iter_mut().zip(again).for_each(|(block, again)| *block ^= again);
    }
}

pub(super) fn stream(key: &Key, first: Block, blocks: &mut [Block]) {
    let cipher = cipher(key);
    for (block, counter) in blocks.iter_mut().zip(0..) {
        *block = first.wrapping_add(counter);
    }
    encrypt(&cipher, blocks);
}

pub(super) fn split(key: &Key, left: &mut [Block], right: &mut [Block]) -> Block {
    let cipher = cipher(key);
    let mut sum = 0;
    for (left, right) in left.chunks_mut(BATCH).zip(right.chunks_mut(BATCH)) {
        right.copy_from_slice(left);
        // The high half a and the low half b become a + b and a.
        left.iter_mut().for_each(|x| *x = (*x >> 64) | ((*x ^ (*x >> 64)) << 64));
        let mut hashed = [0; BATCH];
        hashed[..left.len()].copy_from_slice(left);
        encrypt(&cipher, &mut hashed[..left.len()]);
        for ((left, right), hashed) in left.iter_mut().zip(right).zip(hashed) {
            *left ^= hashed;
            *right ^= *left;
            sum ^= *left;
        }
    }
    sum
}

pub(super) fn gather(key: &Key, first: u64, table: &[Block], rows: &mut [Block]) {
    let mut counter = Block::from(first) * 2;
    let mut drawn = [0; 2 * DRAWN];
    for rows in rows.chunks_mut(DRAWN) {
        stream(key, counter, &mut drawn);
        for (row, drawn) in rows.iter_mut().zip(drawn.as_chunks().0) {
            let places = places(drawn, table.len());
            *row = places.iter().fold(*row, |row, place| row ^ table[*place]);
        }
        counter += drawn.len() as Block;
    }
}

pub(super) fn fold(keys: &[Key], first: Block, all: &mut Stripe, by_bit: &mut [Stripe]) {
    by_bit.fill(empty_stripe());
    let one = |key: &Key| {
        let mut stripe = empty_stripe();
        stream(key, first, &mut stripe);
        stripe
    };
    *all = fold_with::fold(keys, empty_stripe(), by_bit, one, |to, from| {
        to.iter_mut().zip(from).for_each(|(to, from)| *to ^= from);
    });
}

/// The sum of the products, not reduced: its low and its high half.
pub(super) fn dot(a: &[Block], b: &[Block]) -> (Block, Block) {
    a.iter().zip(b).fold((0, 0), |(low, high), (a, b)| {
        let ([a0, a1], [b0, b1]) = (halves(*a), halves(*b));
        let (bottom, top) = (multiply(a0, b0), multiply(a1, b1));
        let middle = multiply(a0 ^ a1, b0 ^ b1) ^ bottom ^ top;
        (low ^ bottom ^ (middle << 64), high ^ top ^ (middle >> 64))
    })
}

/// Carry-less, by integer products of numbers with only every fifth bit: at most 13 terms meet in
/// one place, so carries stay below the next place that counts.
fn multiply(a: u64, b: u64) -> Block {
    /// Bits 0, 5, 10, ...
    const FIFTH: u128 = 0x2108_4210_8421_0842_1084_2108_4210_8421;
    // Bit 125 is the last of them; shifted by i, the bits below i belong to no class.
    let class = |i: usize| FIFTH << i;
    let part = |a: u64, i: usize| u128::from(a & class(i) as u64);
    let mut product = 0;
    for i in 0..5 {
        for j in 0..5 {
            product ^= (part(a, i) * part(b, j)) & class((i + j) % 5);
        }
    }
    product
}

fn halves(a: Block) -> [u64; 2] {
    [a as u64, (a >> 64) as u64]
}

fn cipher(key: &Key) -> Aes128 {
    Aes128::new(&key.rounds[0].to_le_bytes().into())
}

fn encrypt(cipher: &Aes128, blocks: &mut [Block]) {
    let mut bytes = [aes::Block::default(); BATCH];
    for blocks in blocks.chunks_mut(BATCH) {
        let bytes = &mut bytes[..blocks.len()];
        for (bytes, block) in bytes.iter_mut().zip(&*blocks) {
            *bytes = block.to_le_bytes().into();
        }
        cipher.encrypt_blocks(bytes);
        for (bytes, block) in bytes.iter().zip(blocks) {
            *block = Block::from_le_bytes((*bytes).into());
        }
    }
}
