//! How the 63 low bits of a masked value are cut into digits, and digits into groups.
//!
//! Digits have at most four bits and groups at most four digits. Neither crosses bit `shift`, so
//! that the comparison of the bits below it falls out on the way to the comparison of them all.

/// Bits that are compared: all but the sign.
const BITS: u32 = 63;
/// Bits of a digit at most.
const DIGIT: u32 = 4;
/// Digits of a group at most.
const GROUP: usize = 4;
/// Entries in the table of one digit.
pub(super) const DIGIT_ENTRIES: usize = 16;
/// Entries of two bits in one word.
const PER_WORD: usize = 32;

/// The cut for one shift, most significant first throughout.
pub(super) struct Layout {
    pub(super) shift: u32,
    pub(super) groups: Vec<Group>,
    /// How many of the groups, at the end, are below bit `shift`.
    pub(super) low_groups: usize,
}

/// At most four neighbouring digits.
pub(super) struct Group {
    pub(super) digits: Vec<Digit>,
}

/// `bits` bits from bit `offset` on.
#[derive(Clone, Copy)]
pub(super) struct Digit {
    offset: u32,
    bits: u32,
}

impl Layout {
    pub(super) fn new(shift: u32) -> Self {
        let (high, low) = (cut(shift, BITS), cut(0, shift));
        let low_groups = low.len();
        Self { shift, groups: high.into_iter().chain(low).collect(), low_groups }
    }

    /// Words in the final table.
    pub(super) fn final_words(&self) -> usize {
        table_words(self.groups.len())
    }

    /// Words of all tables.
    pub(super) fn table_words(&self) -> usize {
        let groups =
            self.groups.iter().map(|group| group.digit_words().saturating_add(group.table_words()));
        groups.fold(self.final_words(), usize::saturating_add)
    }
}

impl Group {
    /// Words in the tables of its digits together.
    pub(super) fn digit_words(&self) -> usize {
        self.digits.len().saturating_mul(DIGIT_ENTRIES).div_ceil(PER_WORD)
    }

    /// Words in the table that combines its digits.
    pub(super) fn table_words(&self) -> usize {
        table_words(self.digits.len())
    }
}

impl Digit {
    /// The digit of `value`.
    pub(super) fn of(self, value: u64) -> u64 {
        value.wrapping_shr(self.offset) & 1_u64.wrapping_shl(self.bits).wrapping_sub(1)
    }
}

/// Words of a table that is indexed by two bits of each of `parts` parts.
fn table_words(parts: usize) -> usize {
    4_usize.saturating_pow(u32::try_from(parts).unwrap_or(u32::MAX)).div_ceil(PER_WORD)
}

/// Bits `from..to`, in groups of digits.
fn cut(from: u32, to: u32) -> Vec<Group> {
    let step = usize::try_from(DIGIT).unwrap_or(1);
    let offsets = (from..to).step_by(step);
    let mut digits: Vec<_> = offsets
        .map(|offset| Digit { offset, bits: to.saturating_sub(offset).min(DIGIT) })
        .collect();
    digits.reverse();
    digits.chunks(GROUP).map(|digits| Group { digits: digits.to_vec() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shift_is_cut_into_all_bits_once_and_few_groups() {
        let mut most = 0;
        for shift in 0..=62 {
            let layout = Layout::new(shift);
            most = most.max(layout.groups.len());
            let mut top = BITS;
            for (i, group) in layout.groups.iter().enumerate() {
                assert!((1..=GROUP).contains(&group.digits.len()));
                let low = i >= layout.groups.len() - layout.low_groups;
                for digit in &group.digits {
                    assert!((1..=DIGIT).contains(&digit.bits));
                    assert_eq!(digit.offset + digit.bits, top, "shift {shift}: gap or overlap");
                    assert_eq!(low, top <= shift, "shift {shift}: wrong side");
                    assert_eq!(low, digit.offset < shift, "shift {shift}: crosses the shift");
                    top = digit.offset;
                }
            }
            assert_eq!(top, 0);
        }
        // Their masks fit in one word, and the final table has 1024 entries at most.
        assert_eq!(most, 5);
    }

    #[test]
    fn digits_put_together_are_the_value() {
        let value = 0x7edc_ba98_7654_3210;
        for shift in 0..=62 {
            let layout = Layout::new(shift);
            let digits = layout.groups.iter().flat_map(|group| &group.digits);
            let sum: u64 = digits.map(|digit| digit.of(value) << digit.offset).sum();
            assert_eq!(sum, value);
        }
    }
}
