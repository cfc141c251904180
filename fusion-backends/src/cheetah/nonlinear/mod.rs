//! Layers that are not linear, on additive shares in Z_2^l, exact and without a dealer: comparison,
//! ReLU, truncation, division, max-pool, argmax. Cheetah (Huang et al., USENIX Security 2022,
//! section 4) and CrypTFlow2 (Rathee et al., CCS 2020), with exact truncation throughout.
//!
//! [`Need`] says what a layer takes, [`Material::prepare`] makes it from oblivious transfers before
//! the inputs are known, and [`Layers`] runs layers: no cryptography is left then but masks.
//!
//! | layer | rounds | bits sent for each element, about |
//! | --- | --- | --- |
//! | [`negative`](Layers::negative) | 1.5 + log2(l / 3) / 2 | 7 l |
//! | [`relu`](Layers::relu) | half a round more | 9 l |
//!
//! A round is a message each way at once and the next that depends on it; rounds do not depend on the
//! number of elements.
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
//! hardening catches. Against a client that follows the protocol the server's shares stay private in
//! the same way. Nothing is opened but what [`reveal`](Layers::reveal) or
//! [`label`](Layers::label) is asked to open.

mod compare;
mod divide;
mod error;
mod layout;
mod material;
mod maximum;
mod need;
mod planes;
mod pool;
mod product;
mod relu;
mod shares;
mod truncate;
mod wire;

#[cfg(test)]
mod tests;

use std::io::{Read, Write};

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
        self.ready(layer, &need)?;
        run(self).map_err(|fault| {
            self.material.break_off();
            fault.of(layer)
        })
    }

    /// Whether the parties are at the same place, and have what a layer needs.
    fn ready(&self, layer: &'static str, need: &Need) -> Result<(), LayerError> {
        if self.material.is_broken() {
            Err(LayerError::Broken)
        } else if !self.material.suffices(need) {
            Err(LayerError::NotPrepared { layer })
        } else {
            Ok(())
        }
    }
}
