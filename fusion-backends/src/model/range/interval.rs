//! Intervals of integers, one for each value or run of values.

#![allow(clippy::arithmetic_side_effects, reason = "sizes are those of a checked architecture")]

use crate::model::architecture::Architecture;

/// All integers from `low` to `high`, both included.
#[derive(Clone, Copy)]
pub(super) struct Interval {
    pub(super) low: i64,
    pub(super) high: i64,
}

/// Values in runs of equal length, for each of which one interval holds.
pub(super) struct Intervals {
    pub(super) each: Vec<Interval>,
    pub(super) run: usize,
}

impl Intervals {
    pub(super) fn all(interval: Interval, architecture: &Architecture) -> Self {
        Self { each: vec![interval], run: architecture.inputs() }
    }

    /// Of the values from `start` on, `count` of them.
    pub(super) fn of(&self, start: usize, count: usize) -> Interval {
        let run = self.run.max(1);
        let places = start / run..(start + count).div_ceil(run);
        let intervals = self.each.get(places).unwrap_or(&self.each);
        let mut union = Interval { low: i64::MAX, high: i64::MIN };
        for interval in intervals {
            union.low = union.low.min(interval.low);
            union.high = union.high.max(interval.high);
        }
        union
    }

    pub(super) fn map(&self, f: impl Fn(i64) -> i64) -> Self {
        let each = self
            .each
            .iter()
            .map(|interval| Interval { low: f(interval.low), high: f(interval.high) });
        Self { each: each.collect(), run: self.run }
    }

    pub(super) fn bits(&self) -> u32 {
        self.each.iter().map(Interval::bits).fold(1, u32::max)
    }
}

impl Interval {
    /// Bits of the longer end, with the sign.
    pub(super) fn bits(&self) -> u32 {
        let bits = |v: i64| {
            let magnitude = if v < 0 { !v } else { v };
            65_u32.saturating_sub(magnitude.leading_zeros())
        };
        bits(self.low).max(bits(self.high))
    }

    pub(super) fn new(low: i128, high: i128) -> Option<Self> {
        Some(Self { low: low.try_into().ok()?, high: high.try_into().ok()? })
    }

    pub(super) fn with_zero(self) -> Self {
        Self { low: self.low.min(0), high: self.high.max(0) }
    }
}
