//! Integer models in Z_2^64, and the reference executor that every backend must equal bit for bit.
//!
//! Real numbers are fixed point: the integer v at scale 2^f stands for v / 2^f. All values are
//! `i64`, read as two's complement, and all arithmetic wraps modulo 2^64, so that the reference and
//! a protocol over additive shares agree even on overflow. [`Model::check_range`] tells whether an
//! overflow can happen at all.
//!
//! Every step is deterministic. In particular a shift rounds down, always: there is no
//! probabilistic truncation here.

mod architecture;
mod error;
mod fold;
mod graph;
pub mod networks;
mod range;
mod reference;
mod weights;

#[cfg(test)]
mod digits;
#[cfg(test)]
mod digits_cnn;
#[cfg(test)]
mod random;

pub(crate) use architecture::place;
pub use architecture::{
    Architecture, ConvolutionShape, LayerShape, MAX_LAYERS, MAX_SHIFT, MAX_WEIGHTS, MAX_WIDTH,
    Node, PoolShape, Source,
};
pub use error::ModelError;
pub use fold::{BatchNorm, RealLinear};
pub use graph::{Dense, Layer, Linear, Model};
pub use range::{InputRange, Ranges};
pub use reference::argmax;
