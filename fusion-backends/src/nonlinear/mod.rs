//! Layers that are not linear, on additive shares in Z_2^l, exact and without a dealer: comparison,
//! ReLU, truncation, clamps, division, max-pool, argmax. Cheetah (Huang et al., USENIX Security 2022,
//! section 4) and CrypTFlow2 (Rathee et al., CCS 2020), with exact truncation throughout.
//!
//! ```
//! use fusion_backends::nonlinear::{Layers, Material, Need, Shares};
//! use fusion_backends::ot::{self, Width, softspoken::Depth};
//! # use fusion_core::transcript::Role;
//! # fn party(
//! #     role: Role,
//! #     values: &[i64],
//! #     stream: &mut (impl std::io::Read + std::io::Write),
//! #     rng: &mut impl rand::CryptoRng,
//! # ) -> Result<(), fusion_backends::nonlinear::LayerError> {
//! // Once for a connection. The peer does the same, in the other role.
//! let policy = ot::Policy::SoftSpoken(Depth::Four); // or Policy::Silent, or Policy::for_network(..)
//! let mut ot = ot::setup(role, policy, b"my protocol, session 1", stream, rng)?;
//!
//! // Before the inputs are known: what two layers take, for as many values as there are.
//! let width = Width::new(20).expect("1 to 64 bits");
//! let need = Need::relu(width, 100) + Need::argmax(width, 10, 10);
//! let mut material = Material::new(role);
//! material.prepare(&need, &mut ot.sender, &mut ot.receiver, stream, rng)?;
//!
//! // With them. Here each party's values are its shares, so that the layers see the sums.
//! let mut layers = Layers::new(&mut material, stream);
//! let shares = Shares::of(width, values);
//! let positive = layers.relu(&shares)?;
//! let labels = layers.label(10, &positive)?; // at the client; `None` at the server
//! # _ = labels;
//! # Ok(())
//! # }
//! ```
//!
//! [`Need`] says what a layer takes, [`Material::prepare`] makes it from oblivious transfers, and
//! [`Layers`] runs layers: no cryptography is left then but masks. Of n values, with b compared bits
//! in c = ceil(b / 3) leaves, and j = ceil(log2 c):
//!
//! | layer | compared bits | messages that wait for one another | bytes for each value, l = 32 |
//! | --- | --- | --- | ---: |
//! | [`less`](Layers::less), of numbers that are not shared | l | 2 + j | 27.9 |
//! | [`negative`](Layers::negative) | l - 1 | 2 + j | 26.8 |
//! | [`relu`](Layers::relu) | l - 1 | 3 + j | 35.0 |
//! | [`relu_truncate`](Layers::relu_truncate) | l - 1, cut at the shift | 4 + j, or one more | 40.9 |
//! | [`relu_clamp`](Layers::relu_clamp) | the same, cut at the limit too, and what is above it twice | 6 + j, or one more | 58.8, by 8 bits to 8 |
//! | [`truncate`](Layers::truncate), [`extend`](Layers::extend), [`requantise`](Layers::requantise) | l, cut at the shift; the shift alone if the result is short | 3 + j, or one more | 28 to 38 |
//! | [`divide`](Layers::divide) by k | l, then ceil(log2 k) + 2 up to four times | 6 + j + j' | |
//! | [`max`](Layers::max) of k | as ReLU, k - 1 times | ceil(log2 k) (3 + j) | 35.0 (k - 1) / k |
//! | [`label`](Layers::label) of k | as ReLU, k - 1 times | ceil(log2 k) (3 + j) + 1 | |
//!
//! Both parties speak at once, and no number of messages depends on the number of values.
//! `benches/nonlinear.rs` measures time and bytes beside these floors.
//!
//! # What the results are
//!
//! Values are signed numbers of l bits, and every result is that of integer arithmetic on them, bit
//! for bit. Where a sum or a difference does not fit l bits, it wraps around as in the reference.
//!
//! # Security
//!
//! Against a malicious server, the client's inputs stay private: each message of the client is
//! uniform and independent of its shares, whatever the server sends (see `compare.rs` and
//! `product.rs`), if the transfers are secure. A server that deviates makes results wrong, which
//! hardening catches; it can also make a layer fail, but whether one fails depends on nothing secret
//! ([`LayerError`]). Against a client that follows the protocol the server's shares stay private in
//! the same way. Nothing is opened but what [`reveal`](Layers::reveal) or
//! [`label`](Layers::label) is asked to open.

mod clamp;
mod compare;
mod divide;
mod error;
mod layout;
mod lengths;
mod material;
mod maximum;
mod need;
mod planes;
mod pool;
mod prepare;
mod product;
mod reciprocal;
mod relu;
mod shares;
mod truncate;
mod wire;

#[cfg(test)]
mod tests;

use std::io::{Read, Write};

pub use clamp::Clamp;
pub use divide::Division;
pub use error::LayerError;
pub use material::Material;
pub use need::Need;
pub use pool::Windows;
pub use shares::{Bits, Shares};
pub use truncate::Truncation;

use self::error::Fault;

/// Runs layers with a peer that runs the same ones.
///
/// Both parties write before they read, so `stream` must take whole messages without waiting for the
/// peer, as the channels of this project do.
#[derive(Debug)]
pub struct Layers<'a, S> {
    material: &'a mut Material,
    stream: &'a mut S,
}

impl<'a, S: Read + Write> Layers<'a, S> {
    /// Uses up `material`.
    pub fn new(material: &'a mut Material, stream: &'a mut S) -> Self {
        Self { material, stream }
    }

    /// Runs a layer if what it needs is there. A failure in the middle is the end.
    fn layer<T>(
        &mut self,
        layer: &'static str,
        need: Need,
        run: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, LayerError> {
        if self.material.is_broken() {
            return Err(LayerError::Broken);
        }
        if !self.material.suffices(&need) {
            return Err(LayerError::NotPrepared { layer });
        }
        run(self).map_err(|fault| {
            self.material.break_off();
            fault.of(layer)
        })
    }
}
