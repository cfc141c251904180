//! What a layer is.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "shapes are the caller's own, and bounded by `Shape::check`"
)]

use super::error::RlweError;

/// A linear layer without bias, for a batch of slots at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How many inputs the same weights are applied to. They share a key and polynomials, so a server
    /// that deviates can compute on several of them together: what is to be isolated takes one slot
    /// for each request, as whole models do.
    pub slots: usize,
    /// Channels of the input.
    pub channels: usize,
    /// Channels of the result.
    pub outputs: usize,
    /// Height of the input, without padding.
    pub height: usize,
    /// Width of the input, without padding.
    pub width: usize,
    /// Height and width of the kernel.
    pub kernel: usize,
    /// By how much the kernel moves, both ways.
    pub stride: usize,
    /// Zeros on each of the four sides.
    pub padding: usize,
    /// Into how many groups channels and outputs are cut, in order: the outputs of a group are made of
    /// its channels alone. 1 for an ordinary layer, as many as channels for a depthwise one.
    pub groups: usize,
}

impl Shape {
    /// A fully connected layer.
    #[must_use]
    pub const fn dense(inputs: usize, outputs: usize, slots: usize) -> Self {
        let (channels, [height, width, kernel, stride]) = (inputs, [1; 4]);
        Self { slots, channels, outputs, height, width, kernel, stride, padding: 0, groups: 1 }
    }

    /// A convolution of square images and kernels, for one slot.
    #[must_use]
    pub const fn square(
        [channels, outputs]: [usize; 2],
        size: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Self {
        let (slots, height, width, groups) = (1, size, size, 1);
        Self { slots, channels, outputs, height, width, kernel, stride, padding, groups }
    }

    /// Numbers that go in: slots, channels, rows, columns.
    #[must_use]
    pub const fn inputs_len(&self) -> usize {
        self.slots * self.channels * self.height * self.width
    }

    /// Numbers that come out: slots, output channels, rows, columns.
    #[must_use]
    pub const fn outputs_len(&self) -> usize {
        let (height, width) = self.result();
        self.slots * self.outputs * height * width
    }

    /// Weights: output channels, channels of their group, rows, columns.
    #[must_use]
    pub const fn weights_len(&self) -> usize {
        self.outputs * (self.channels / self.groups) * self.kernel * self.kernel
    }

    /// Height and width of the result.
    #[must_use]
    pub const fn result(&self) -> (usize, usize) {
        let padded = (self.height + 2 * self.padding, self.width + 2 * self.padding);
        ((padded.0 - self.kernel) / self.stride + 1, (padded.1 - self.kernel) / self.stride + 1)
    }

    /// Whether there is such a layer, and no count of its numbers overflows.
    pub(super) fn check(&self) -> Result<(), RlweError> {
        const MOST: usize = 1 << 16;
        const MOST_NUMBERS: usize = 1 << 30;
        let Self { slots, channels, outputs, height, width, kernel, stride, padding, groups } =
            *self;
        let sizes = [slots, channels, outputs, height, width, kernel, stride, groups];
        if sizes.iter().any(|size| !(1..=MOST).contains(size)) || padding > MOST {
            return Err(RlweError::Shape("sizes must be from 1 to 65536"));
        }
        if channels % groups != 0 || outputs % groups != 0 {
            return Err(RlweError::Shape("groups must divide channels and outputs"));
        }
        if kernel > height + 2 * padding || kernel > width + 2 * padding {
            return Err(RlweError::Shape("the kernel must not be larger than the padded image"));
        }
        let (rows, columns) = self.result();
        let products = [
            [slots, channels, height, width],
            [slots, outputs, rows, columns],
            [outputs, channels / groups, kernel, kernel],
        ];
        let fits = |product: [usize; 4]| {
            let all = product.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
            all.is_some_and(|all| all <= MOST_NUMBERS)
        };
        if products.into_iter().all(fits) {
            Ok(())
        } else {
            Err(RlweError::Shape("it has more than 2^30 inputs, results or weights"))
        }
    }
}
