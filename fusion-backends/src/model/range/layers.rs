//! What each kind of layer makes of intervals.

#![allow(clippy::arithmetic_side_effects, reason = "sizes are those of a checked architecture")]

use super::interval::{Interval, Intervals};
use crate::model::architecture::LayerShape;
use crate::model::graph::Linear;

/// The intervals of a result, or `None` if one does not fit `i64`.
pub(super) fn apply(
    shape: LayerShape,
    linear: Option<&Linear>,
    x: &Intervals,
    y: Option<&Intervals>,
) -> Option<Intervals> {
    match shape {
        LayerShape::Dense { inputs, .. } => {
            let values: Vec<_> = (0..inputs).map(|at| x.of(at, 1)).collect();
            let sums = linear_sums(linear?, inputs, |_| values.iter().copied().map(|v| (v, 1)))?;
            Some(Intervals { each: sums, run: 1 })
        }
        LayerShape::Convolution(shape) => {
            let pixels = shape.height * shape.width;
            let channels = shape.channels_of_group();
            let of_group = (shape.outputs / shape.groups.max(1)).max(1);
            let of_channel = |channel: usize| {
                let values = x.of(channel * pixels, pixels);
                if shape.padding > 0 { values.with_zero() } else { values }
            };
            let all: Vec<_> = (0..shape.channels).map(of_channel).collect();
            let kernel = shape.kernel * shape.kernel;
            let sums = linear_sums(linear?, channels * kernel, |output| {
                let first = output / of_group * channels;
                let group = all.iter().skip(first).take(channels);
                group.map(move |interval| (*interval, kernel))
            })?;
            let (rows, columns) = shape.result();
            Some(Intervals { each: sums, run: rows * columns })
        }
        LayerShape::Relu { shift, .. } => Some(x.map(|x| x.max(0).wrapping_shr(shift))),
        LayerShape::Clamp { shift, bits, .. } => {
            let most = 1_i64.wrapping_shl(bits).wrapping_sub(1);
            Some(x.map(|x| x.max(0).wrapping_shr(shift).min(most)))
        }
        LayerShape::Truncate { shift, .. } => Some(x.map(|x| x.wrapping_shr(shift))),
        LayerShape::MaxPool(of) | LayerShape::AveragePool(of) => {
            let pixels = of.height * of.width;
            let average = matches!(shape, LayerShape::AveragePool(_));
            let values = (of.kernel * of.kernel) as i128;
            let channel = |channel: usize| {
                let values_in = x.of(channel * pixels, pixels);
                if !average {
                    return Some(values_in);
                }
                let Interval { low, high } = values_in.with_zero();
                // The sum must fit too.
                let half = values / 2;
                Interval::new(values * i128::from(low) + half, values * i128::from(high) + half)?;
                Some(values_in.with_zero())
            };
            let each = (0..of.channels).map(channel).collect::<Option<_>>()?;
            let (rows, columns) = of.result();
            Some(Intervals { each, run: rows * columns })
        }
        LayerShape::Add { width, shift } => {
            let y = y?;
            let same = x.run == y.run && x.each.len() == y.each.len();
            let run = if same { x.run } else { 1 };
            let sums = (0..width / run.max(1)).map(|at| {
                let (a, b) = (x.of(at * run, run), y.of(at * run, run));
                let scaled = |b: i64| i128::from(b) << shift;
                Interval::new(
                    i128::from(a.low) + scaled(b.low),
                    i128::from(a.high) + scaled(b.high),
                )
            });
            Some(Intervals { each: sums.collect::<Option<_>>()?, run })
        }
        LayerShape::Concat { first, second } => {
            let y = y?;
            let same = x.run == y.run;
            let run = if same { x.run } else { 1 };
            let of = |values: &Intervals, count: usize| -> Vec<_> {
                (0..count / run.max(1)).map(|at| values.of(at * run, run)).collect()
            };
            Some(Intervals { each: [of(x, first), of(y, second)].concat(), run })
        }
    }
}

/// For each output the interval of its bias and its products; each interval of `values` is that of so
/// many weights in a row.
fn linear_sums<V: Iterator<Item = (Interval, usize)>>(
    linear: &Linear,
    weights: usize,
    values: impl Fn(usize) -> V,
) -> Option<Vec<Interval>> {
    let rows = linear.weights().chunks_exact(weights.max(1)).zip(linear.bias());
    let sums = rows.enumerate().map(|(output, (mut row, &bias))| {
        let (mut low, mut high) = (i128::from(bias), i128::from(bias));
        for (value, count) in values(output) {
            let (weights, rest) = row.split_at_checked(count)?;
            row = rest;
            let sum = |wanted: fn(&i64) -> bool| {
                let wanted = weights.iter().filter(|weight| wanted(weight));
                wanted.fold(0_i128, |sum, weight| sum + i128::from(*weight))
            };
            let (positive, negative) = (sum(|weight| *weight > 0), sum(|weight| *weight < 0));
            let (least, most) = (i128::from(value.low), i128::from(value.high));
            let product = |sum: i128, value: i128| sum.checked_mul(value);
            low = low.checked_add(product(positive, least)?)?;
            low = low.checked_add(product(negative, most)?)?;
            high = high.checked_add(product(positive, most)?)?;
            high = high.checked_add(product(negative, least)?)?;
        }
        Interval::new(low, high)
    });
    sums.collect()
}
