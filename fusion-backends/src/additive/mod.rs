//! Inference over additive shares in Z_2^64, with a trusted dealer.
//!
//! Each value is the sum of a share at the client and one at the server. A dealer, a third process,
//! gives both correlated randomness before the inputs are known; online, a matrix product or a few
//! table lookups are left. The answer is that of [`Model::infer`], bit for bit.
//!
//! - Dense: the dealer masks the weights once (the client holds E = W - A) and an input per slot
//!   (the client holds b, and both hold shares of A b). The client opens x - b to the server. Then
//!   W (x - b) at the server and E b + A b at the two parties add up to W x.
//! - ReLU and truncation: see `activation.rs`. Two round trips each, for all slots together.
//!
//! # Security
//!
//! Every message of the client is one-time padded by material that the server does not have, so the
//! inputs are private even against a server that deviates, as long as the dealer is honest.
//! Correctness and the privacy of the model hold against parties that follow the protocol.
//! [`Dealer`] says what the dealer is trusted for. All material is used once.

mod activation;
mod chain;
mod dealer;
mod dense;
mod error;
mod exchange;
mod layout;
mod link;
mod material;
mod online;
mod record;
mod tables;

#[cfg(test)]
mod tests;

use std::io::{Read, Write};
use std::time::Duration;

use fusion_core::channel::Channel;
use fusion_macros as fusion;

pub use dealer::{Dealer, Dealt, MAX_MATERIAL, MAX_SLOTS};
pub use error::{AdditiveError, DealerError, Refusal};
pub use material::{ClientShares, MaskedModel, ModelMask, ServerShares};

use self::activation::Party;
use self::chain::Chain;
use self::exchange::{Exchange, client_messages, server_messages};
use self::link::{DealerLink, Request, encode};
use self::material::{LayerShares, Need, Shares};
use crate::model::{Architecture, Model, ModelError};

/// A party of the protocol, client or server, with its channel to the dealer.
#[fusion::harden(
    soundness = 40,
    privacy = malicious,
    executions = isolated,
    assumes = "a dealer that deals honestly and colludes with neither party",
    crate = fusion_core
)]
pub struct Additive {
    dealer: DealerLink,
}

#[fusion::harden(validate = Self::takes, validate_answer = Self::gives, crate = fusion_core)]
impl Additive {
    /// A party that waits at most 30 s for the dealer.
    pub fn new(dealer: impl Channel) -> Self {
        Self { dealer: DealerLink::new(dealer) }
    }

    /// Waits at most `wait` for the dealer.
    #[must_use]
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.dealer.set_wait(wait);
        self
    }

    /// Hides the weights: W - A goes to the client.
    ///
    /// # Errors
    ///
    /// [`AdditiveError`]: the dealer or the client failed.
    #[fusion::server(setup)]
    pub fn setup_server<W: Write>(
        &mut self,
        model: &Model,
        writer: &mut W,
    ) -> Result<ModelMask, AdditiveError> {
        let chain = Chain::new(model.architecture())?;
        let seed = self.dealer.ask_seed(&Request::Model(model.architecture().clone()))?;
        let mut masks = dealer::expand_masks(&chain, &seed).into_iter();
        for layer in 0..chain.layers().len() {
            let Some(dense) = model.linear(layer) else { continue };
            let mask = masks.next().ok_or(AdditiveError::Malformed)?;
            let hidden: Vec<u64> = (dense.weights().iter().zip(mask.values.iter()))
                .map(|(w, a)| w.wrapping_sub(*a).cast_unsigned())
                .collect();
            writer.write_all(&encode(&hidden))?;
        }
        writer.flush()?;
        Ok(ModelMask(chain))
    }

    /// Receives the hidden weights.
    ///
    /// # Errors
    ///
    /// [`AdditiveError`]: the dealer or the server failed.
    #[fusion::client(setup)]
    pub fn setup_client<R: Read>(
        &mut self,
        architecture: &Architecture,
        reader: &mut R,
    ) -> Result<MaskedModel, AdditiveError> {
        let chain = Chain::new(architecture)?;
        self.dealer.ask(&Request::Model(architecture.clone()))?;
        Ok(MaskedModel::read(chain, reader)?)
    }

    /// Receives material for `slots` slots from the dealer.
    ///
    /// # Errors
    ///
    /// [`AdditiveError`]: the dealer failed, or setup ran with another model.
    #[fusion::server(offline, batch, local)]
    pub fn offline_server(
        &mut self,
        model: &Model,
        mask: &ModelMask,
        slots: usize,
    ) -> Result<ServerShares, AdditiveError> {
        matching(model.architecture(), &mask.0)?;
        self.dealer.ask(&request(slots))?;
        let mut layers = Vec::with_capacity(mask.0.layers().len());
        for layer in mask.0.layers() {
            let shared = self.dealer.words(Need::of(layer).shared.saturating_mul(slots))?;
            layers.push(LayerShares::new(layer, Default::default(), shared));
        }
        Ok(ServerShares(Shares { slots, layers, chain: mask.0.clone() }))
    }

    /// Receives a seed from the dealer, and expands it to material for `slots` slots.
    ///
    /// # Errors
    ///
    /// [`AdditiveError`]: the dealer failed, or setup ran with another architecture.
    #[fusion::client(offline, batch, local)]
    pub fn offline_client(
        &mut self,
        architecture: &Architecture,
        masked: &MaskedModel,
        slots: usize,
    ) -> Result<ClientShares, AdditiveError> {
        matching(architecture, &masked.chain)?;
        let seed = self.dealer.ask_seed(&request(slots))?;
        Ok(ClientShares(material::expand_client(&seed, masked, slots)))
    }

    /// Runs the model on all slots.
    ///
    /// # Errors
    ///
    /// [`AdditiveError`]: the client failed, or the offline phase ran with another model.
    #[fusion::server(online, batch)]
    pub fn online_server<R: Read, W: Write>(
        &mut self,
        model: &Model,
        shares: ServerShares,
        reader: &mut R,
        writer: &mut W,
    ) -> Result<(), AdditiveError> {
        matching(model.architecture(), &shares.0.chain)?;
        let messages = client_messages(&shares.0.chain);
        let mut peer = Exchange::new(shares.0.slots, messages, reader, writer);
        online::server(model, &shares.0, &mut peer)
    }

    fn takes(&self, architecture: &Architecture, query: &[i64]) -> Result<(), ModelError> {
        architecture.takes(query)
    }

    fn gives(&self, architecture: &Architecture, answer: &[i64]) -> Result<(), ModelError> {
        architecture.gives(answer)
    }

    /// Asks one query per slot, and returns the logits of each.
    ///
    /// # Errors
    ///
    /// [`Width`](AdditiveError::Width) and [`Slots`](AdditiveError::Slots) before anything is sent;
    /// otherwise the server failed, or the offline phase ran with another architecture.
    #[fusion::client(online, batch, query = queries)]
    pub fn online_client<R: Read, W: Write>(
        &mut self,
        architecture: &Architecture,
        shares: ClientShares,
        queries: &[Vec<i64>],
        reader: &mut R,
        writer: &mut W,
    ) -> Result<Vec<Vec<i64>>, AdditiveError> {
        matching(architecture, &shares.0.chain)?;
        let (slots, found) = (shares.0.slots, queries.len());
        if found != slots {
            return Err(AdditiveError::Slots { expected: slots, found });
        }
        let expected = architecture.inputs();
        if let Some((query, values)) = queries.iter().enumerate().find(|(_, q)| q.len() != expected)
        {
            return Err(AdditiveError::Width { query, expected, found: values.len() });
        }
        let mut peer = Exchange::new(slots, server_messages(&shares.0.chain), reader, writer);
        online::client(&shares.0, queries, &mut peer)
    }
}

impl std::fmt::Debug for Additive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Additive").finish_non_exhaustive()
    }
}

fn request(slots: usize) -> Request {
    Request::Slots(u64::try_from(slots).unwrap_or(u64::MAX))
}

/// Whether an earlier phase had the same.
fn matching(architecture: &Architecture, earlier: &Chain) -> Result<(), AdditiveError> {
    match Chain::new(architecture) {
        Ok(chain) if chain == *earlier => Ok(()),
        _ => Err(AdditiveError::Architecture),
    }
}
