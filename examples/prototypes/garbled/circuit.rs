//! Garbled gates, by point and permute.

use rand::{CryptoRng, RngExt};

/// The name of a value on a wire. The lowest bit of the first byte is its colour.
pub(super) type Label = [u8; 16];
/// A label for 0 and one for 1, of different colours.
pub(super) type Wire = [Label; 2];
/// The next carry's label, four times, each under the labels of one pair of inputs.
pub(super) type Gate = [Label; 4];

/// A garbled comparator, as it travels.
pub(super) struct Circuit {
    pub(super) gates: Vec<Gate>,
    /// The label of the first carry.
    pub(super) carry: Label,
    /// The colour of the answer 0.
    pub(super) zero: u8,
}

/// Garbles a gate: where number and threshold differ, the number's bit decides, otherwise the old
/// carry stays.
pub(super) fn gate(i: usize, threshold: usize, input: &Wire, carry: &Wire, next: &Wire) -> Gate {
    let mut gate = Gate::default();
    for (bit, input) in input.iter().enumerate() {
        for (old, carry) in carry.iter().enumerate() {
            let new = if bit == threshold { old } else { bit };
            gate[row(input, carry)] = xor(&next[new], &hash(i, input, carry));
        }
    }
    gate
}

/// The label of the next carry.
pub(super) fn evaluate(i: usize, gate: &Gate, input: &Label, carry: &Label) -> Label {
    xor(&gate[row(input, carry)], &hash(i, input, carry))
}

/// Fresh labels.
pub(super) fn wire<R: CryptoRng>(rng: &mut R) -> Wire {
    let [zero, mut one]: Wire = rng.random();
    one[0] = one[0] & !1 | !zero[0] & 1;
    [zero, one]
}

pub(super) fn colour(label: &Label) -> u8 {
    label[0] & 1
}

fn row(input: &Label, carry: &Label) -> usize {
    usize::from(2 * colour(input) + colour(carry))
}

fn hash(gate: usize, input: &Label, carry: &Label) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("garbled comparison: gate");
    hasher.update(&(gate as u64).to_le_bytes()).update(input).update(carry);
    hasher.finalize().into()
}

pub(super) fn xor(label: &Label, pad: &[u8; 32]) -> Label {
    std::array::from_fn(|i| label[i] ^ pad[i])
}
