//! Pooling over images: the largest of each window, or their average.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "sizes are the caller's, checked first"
)]

use std::io::{Read, Write};

use super::Layers;
use super::divide::Division;
use super::error::{Fault, LayerError};
use super::need::Need;
use super::shares::Shares;
use crate::ot::Width;

/// Square windows on images, row by row; any number of images (channels, slots) one after the
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    height: usize,
    width: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
}

impl Windows {
    /// `None` unless each window holds at least one value of the image, and one fits: `kernel` and
    /// `stride` are positive, `padding` is less than `kernel`, and sizes are at most 2^16.
    #[must_use]
    pub fn new(
        height: usize,
        width: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Option<Self> {
        let sizes = [height, width, kernel, stride];
        let bounded = sizes.iter().all(|size| (1..=1 << 16).contains(size));
        let fits = |size: usize| size.saturating_add(2 * padding) >= kernel;
        let good = bounded && padding < kernel && fits(height) && fits(width);
        good.then_some(Self { height, width, kernel, stride, padding })
    }

    /// Height and width of the result.
    #[must_use]
    pub fn outputs(&self) -> (usize, usize) {
        (self.along(self.height), self.along(self.width))
    }

    fn along(&self, size: usize) -> usize {
        (size + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// The places along a side of the windows in a row, `kernel` of each; `None` in the padding.
    fn places(&self, size: usize) -> impl Iterator<Item = Option<usize>> {
        self.firsts(size).flat_map(move |first| self.window(size, first))
    }

    /// Where the windows in a row begin, counted from the begin of the padding.
    fn firsts(&self, size: usize) -> impl Iterator<Item = usize> {
        (0..self.along(size)).map(|window| window * self.stride)
    }

    fn window(&self, size: usize, first: usize) -> impl Iterator<Item = Option<usize>> {
        let places = (first..).take(self.kernel);
        places.map(move |place| place.checked_sub(self.padding).filter(|place| *place < size))
    }

    /// The same, with a place that the window has anyway instead of one in the padding.
    fn inside(&self, size: usize) -> Vec<usize> {
        let windows = self.firsts(size).flat_map(|first| {
            // No window lies in the padding alone, so this is its first place in the image.
            let inside = first.max(self.padding) - self.padding;
            self.window(size, first).map(move |place| place.unwrap_or(inside))
        });
        windows.collect()
    }

    fn images(&self, layer: &'static str, values: &Shares) -> Result<usize, LayerError> {
        match values.len().checked_div(self.height * self.width) {
            Some(images) if images * self.height * self.width == values.len() => Ok(images),
            _ => Err(LayerError::Shape { layer, reason: "the values do not make whole images" }),
        }
    }

    fn average(&self, width: Width) -> Option<Division> {
        let values = self.kernel.checked_mul(self.kernel);
        Division::new(width, values.and_then(|values| u32::try_from(values).ok())?)
    }
}

impl Need {
    /// Of [`Layers::max_pool`] for so many images.
    #[must_use]
    pub fn max_pool(width: Width, windows: Windows, images: usize) -> Self {
        let (rows, columns) = windows.outputs();
        let max =
            |rows: usize| Self::max(width, windows.kernel, images.saturating_mul(rows * columns));
        max(windows.height) + max(rows)
    }

    /// Of [`Layers::max_pool_within`] for so many images.
    #[must_use]
    pub fn max_pool_within(windows: Windows, within: Width, images: usize) -> Self {
        Self::max_pool(within, windows, images)
    }

    /// Of [`Layers::average_pool`] for so many images.
    #[must_use]
    pub fn average_pool(width: Width, windows: Windows, images: usize) -> Self {
        let (rows, columns) = windows.outputs();
        // A window too large to be counted needs nothing: the layer refuses it.
        let division = windows.average(width);
        let sums = images.saturating_mul(rows * columns);
        division.map_or(Self::default(), |division| Self::divide(division, sums))
    }
}

impl<S: Read + Write> Layers<'_, S> {
    /// The largest value of each window: along the rows first, then along the columns, which takes
    /// fewer comparisons where windows overlap. Padding counts for nothing. See
    /// [`max`](Self::max) for the order.
    ///
    /// # Errors
    ///
    /// As [`max`](Self::max), or the values do not make whole images.
    pub fn max_pool(&mut self, windows: Windows, values: &Shares) -> Result<Shares, LayerError> {
        self.max_pool_within(windows, values.width(), values)
    }

    /// As [`max_pool`](Self::max_pool), where differences of values are known to fit the smaller ring
    /// `within`: comparisons look at no more bits than that. 8-bit values, for example, have differences
    /// of 9 bits, in whatever ring they are shared.
    ///
    /// # Errors
    ///
    /// As [`max_pool`](Self::max_pool), or `within` is larger than the ring.
    pub fn max_pool_within(
        &mut self,
        windows: Windows,
        within: Width,
        values: &Shares,
    ) -> Result<Shares, LayerError> {
        let layer = "max-pool";
        if within.bits() > values.width().bits() {
            return Err(LayerError::Shape { layer, reason: "its differences exceed the ring" });
        }
        let images = windows.images(layer, values)?;
        let need = Need::max_pool_within(windows, within, images);
        self.layer(layer, need, |layers| layers.largest_of_windows(windows, within, images, values))
    }

    fn largest_of_windows(
        &mut self,
        windows: Windows,
        within: Width,
        images: usize,
        values: &Shares,
    ) -> Result<Shares, Fault> {
        let (_, columns) = windows.outputs();
        let along = windows.inside(windows.width);
        let rows = (0..images * windows.height).map(|row| row * windows.width);
        let gathered =
            values.gather(rows.flat_map(|row| along.iter().map(move |place| row + place)));
        let (of_rows, _) = self.tournament(windows.kernel, within, &gathered, None)?;

        let along = windows.inside(windows.height);
        let places = (0..images).map(|image| image * windows.height * columns).flat_map(|image| {
            let windows_of = along.chunks(windows.kernel);
            windows_of.flat_map(move |window| {
                (0..columns).flat_map(move |column| {
                    window.iter().map(move |row| image + row * columns + column)
                })
            })
        });
        Ok(self.tournament(windows.kernel, within, &of_rows.gather(places), None)?.0)
    }

    /// The average of each window, rounded to the nearest, halves up; padding counts as zeros. The
    /// sum of a window must fit the ring, or wraps around.
    ///
    /// # Errors
    ///
    /// As [`divide`](Self::divide), or the values do not make whole images, or a window is too large
    /// to count its values in 32 bits.
    pub fn average_pool(
        &mut self,
        windows: Windows,
        values: &Shares,
    ) -> Result<Shares, LayerError> {
        let layer = "average-pool";
        let images = windows.images(layer, values)?;
        let too_large = LayerError::Shape { layer, reason: "a window is too large" };
        let division = windows.average(values.width()).ok_or(too_large)?;
        let down = windows.places(windows.height).collect::<Vec<_>>();
        let along = windows.places(windows.width).collect::<Vec<_>>();
        let images = (0..images).map(|image| image * windows.height * windows.width);
        let sums = images.flat_map(|image| {
            let along = &along;
            down.chunks(windows.kernel).flat_map(move |rows| {
                along.chunks(windows.kernel).map(move |columns| {
                    let rows = rows.iter().flatten();
                    let places = rows.flat_map(|row| {
                        columns
                            .iter()
                            .flatten()
                            .map(move |column| image + row * windows.width + column)
                    });
                    places.fold(0_u64, |sum, place| sum.wrapping_add(values.values()[place]))
                })
            })
        });
        let sums = Shares::new(values.width(), sums.collect::<Vec<_>>());
        let half = (windows.kernel * windows.kernel / 2) as u64;
        let half = self.public(values.width(), half, sums.len());
        self.divide(division, &sums.plus(&half))
    }
}
