//! Dense layers and convolutions: for small numbers with sums of 32 bits, which compilers turn into
//! vector instructions, for all others as the definition has it.

#![allow(clippy::arithmetic_side_effects, reason = "sizes are those of a checked architecture")]

use zeroize::Zeroizing;

use crate::model::architecture::ConvolutionShape;
use crate::model::graph::Linear;

/// Windows that are multiplied with the same weights one after the other, while those are near.
const BLOCK: usize = 16;
/// The most values that so many windows may have, unless one alone has more.
const VALUES: usize = 1 << 20;

pub(super) fn dense(inputs: usize, linear: &Linear, x: &[i64]) -> Vec<i64> {
    let rows = linear.weights().chunks_exact(inputs.max(1)).zip(linear.bias());
    let row = |(row, bias): (&[i64], &i64)| {
        let terms = row.iter().zip(x).map(|(w, x)| w.wrapping_mul(*x));
        terms.fold(*bias, i64::wrapping_add)
    };
    rows.map(row).collect()
}

pub(super) fn convolution(shape: &ConvolutionShape, linear: &Linear, x: &[i64]) -> Vec<i64> {
    small(shape, linear, x).unwrap_or_else(|| by_lines(shape, linear, x))
}

/// If all numbers have 16 bits and all sums 32: the values that a window covers are brought next to
/// each other, in the order of the weights.
fn small(shape: &ConvolutionShape, linear: &Linear, x: &[i64]) -> Option<Vec<i64>> {
    let ConvolutionShape { channels, outputs, height, width, kernel, stride, padding, groups } =
        *shape;
    let taps = shape.channels_of_group() * kernel * kernel;
    let largest = x.iter().map(|x| x.unsigned_abs()).max()?;
    for row in linear.weights().chunks_exact(taps.max(1)) {
        let sum = row.iter().fold(0_u64, |sum, w| sum.saturating_add(w.unsigned_abs()));
        if sum.saturating_mul(largest) > i32::MAX.unsigned_abs().into() {
            return None;
        }
    }
    let narrow = |values: &[i64]| {
        values.iter().map(|v| i16::try_from(*v).ok()).collect::<Option<Vec<i16>>>()
    };
    let weights: Zeroizing<Vec<i16>> = Zeroizing::new(narrow(linear.weights())?);
    let x: Vec<i16> = narrow(x)?;

    let (rows, columns) = shape.result();
    let pixels = rows * columns;
    let (inputs_of, outputs_of) = (channels / groups.max(1), outputs / groups.max(1));
    let mut y = vec![0; outputs * pixels];
    let block = VALUES.checked_div(taps)?.clamp(1, BLOCK);
    let mut windows = vec![0_i16; taps * block];
    for group in 0..groups {
        for first in (0..pixels).step_by(block) {
            let count = block.min(pixels - first);
            for (pixel, window) in (first..first + count).zip(windows.chunks_exact_mut(taps)) {
                let (row, column) = (pixel / columns * stride, pixel % columns * stride);
                let places = window.chunks_exact_mut(kernel).enumerate();
                for (line, places) in places {
                    let channel = group * inputs_of + line / kernel;
                    let from = (row + line % kernel).wrapping_sub(padding);
                    let line = (channel * height).wrapping_add(from).wrapping_mul(width);
                    for (place, value) in places.iter_mut().enumerate() {
                        let column = (column + place).wrapping_sub(padding);
                        let inside = from < height && column < width;
                        let found = if inside { x.get(line + column) } else { None };
                        *value = found.copied().unwrap_or(0);
                    }
                }
            }
            for output in group * outputs_of..(group + 1) * outputs_of {
                let row = weights.get(output * taps..(output + 1) * taps)?;
                let bias = linear.bias().get(output)?;
                let start = output * pixels + first;
                let sums = y.get_mut(start..start + count)?;
                for (sum, window) in sums.iter_mut().zip(windows.chunks_exact(taps)) {
                    *sum = bias.wrapping_add(dot(row, window).into());
                }
            }
        }
    }
    Some(y)
}

fn dot(a: &[i16], b: &[i16]) -> i32 {
    let terms = a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b));
    terms.fold(0, i32::wrapping_add)
}

/// For each weight, a line of the image is added to a line of the result at a time.
fn by_lines(shape: &ConvolutionShape, linear: &Linear, x: &[i64]) -> Vec<i64> {
    let ConvolutionShape { outputs, height, width, kernel, stride, padding, groups, .. } = *shape;
    let ((rows, columns), channels) = (shape.result(), shape.channels_of_group());
    let of_group = (outputs / groups.max(1)).max(1);
    // The columns of the result for which column j of the kernel is inside the image.
    let inside = |j: usize| {
        let first = padding.saturating_sub(j).div_ceil(stride);
        let end = (width + padding).saturating_sub(j).div_ceil(stride).min(columns);
        first..end.max(first)
    };
    let mut y = Vec::with_capacity(outputs * rows * columns);
    let kernels = linear.weights().chunks_exact((channels * kernel * kernel).max(1));
    for (output, (kernels, bias)) in kernels.zip(linear.bias()).enumerate() {
        let mut image = vec![*bias; rows * columns];
        for (channel, kernels) in kernels.chunks_exact(kernel * kernel).enumerate() {
            let channel = output / of_group * channels + channel;
            for (place, weight) in kernels.iter().enumerate() {
                let (i, j) = (place / kernel, place % kernel);
                let columns_inside = inside(j);
                for row in 0..rows {
                    let Some(from) = (row * stride + i).checked_sub(padding) else { continue };
                    if from >= height || columns_inside.is_empty() {
                        continue;
                    }
                    let line = (channel * height + from) * width;
                    let start = line + columns_inside.start * stride + j - padding;
                    let line = x.get(start..).unwrap_or_default().iter().step_by(stride);
                    let sums =
                        row * columns + columns_inside.start..row * columns + columns_inside.end;
                    for (sum, x) in image.get_mut(sums).unwrap_or_default().iter_mut().zip(line) {
                        *sum = sum.wrapping_add(weight.wrapping_mul(*x));
                    }
                }
            }
        }
        y.extend(image);
    }
    y
}
