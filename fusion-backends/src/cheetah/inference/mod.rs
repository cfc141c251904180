//! The base protocol: whole models, with linear layers under encryption and the others from oblivious
//! transfers, and neither a dealer nor anyone else to trust.

mod batch;
mod costs;
mod description;
mod error;
mod limits;
mod plan;
mod ready;
mod run;
mod served;
mod wire;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;

use fusion_core::transcript::Role;
use fusion_macros as fusion;
use rand::CryptoRng;

pub use costs::LayerCost;
pub use description::{Description, Part};
pub use error::CheetahError;
pub use plan::{Outputs, Plan, Transfers};
pub use served::{LinearLayer, Served};

use self::batch::Batch;
use self::costs::Metered;
use self::ready::Ready;
use self::run::{Run, Side};
use crate::model::{ModelError, Source, place};
use crate::nonlinear::{Material, Shares};
use crate::ot::{self, Ends};
use crate::rlwe::Set;

/// What the client learns of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Which output is the largest. `None` if the server made one that does not exist.
    Label(Option<usize>),
    /// Of a model with one output, whether it is positive: class 1 of two.
    Sign(bool),
    /// All outputs.
    Logits(Vec<i64>),
}

impl Answer {
    /// What the client must get for these outputs of the reference executor.
    #[must_use]
    pub fn of(logits: &[i64], outputs: Outputs) -> Self {
        match (outputs, logits) {
            (Outputs::Label, [logit]) => Self::Sign(*logit > 0),
            (Outputs::Label, _) => Self::Label(crate::model::argmax(logits)),
            (Outputs::Logits, _) => Self::Logits(logits.to_vec()),
        }
    }

    /// Which output is the largest; of a single one, 1 if it is positive and 0 if not.
    #[must_use]
    pub fn label(&self) -> Option<usize> {
        match self {
            Self::Label(label) => *label,
            Self::Sign(positive) => Some(usize::from(*positive)),
            Self::Logits(logits) => match logits.as_slice() {
                [logit] => Some(usize::from(*logit > 0)),
                _ => crate::model::argmax(logits),
            },
        }
    }
}

/// A party of the protocol, client or server. Its oblivious transfers serve every batch on a
/// connection.
#[fusion::harden(
    soundness = 40,
    privacy = malicious,
    executions = isolated,
    assumes = "RLWE with 128 bits (eprint 2024/463), LPN for silent transfers, \
               elliptic-curve Diffie-Hellman, AES and BLAKE3 as ideal functions",
    crate = fusion_core
)]
pub struct Cheetah {
    role: Role,
    memory: u64,
    /// Those of SoftSpokenOT, and silent ones once a batch takes many.
    transfers: [Option<Ends>; 2],
    material: Material,
    costs: Vec<LayerCost>,
    /// What a server of the tests does to the requests of slots.
    #[cfg(test)]
    linking: Option<run::Linking>,
}

/// What a batch of the client's is to be: made offline, used up online.
pub struct Prepared(Batch);

/// What a batch of the server's is to be: made offline, used up online.
pub struct ServerPrepared(Arc<Ready>);

#[fusion::harden(validate = Self::takes, validate_answer = Self::gives, crate = fusion_core)]
impl Cheetah {
    /// A client. What it runs is in the description that it passes with its queries.
    #[must_use]
    pub fn client() -> Self {
        Self::new(Role::Client)
    }

    /// A server.
    #[must_use]
    pub fn server() -> Self {
        Self::new(Role::Server)
    }

    /// Refuses batches that would take this party more than so many bytes, beside the weights; 8 GiB
    /// by default. The count is an estimate.
    #[must_use]
    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// What each layer of the last batch cost this party, online.
    #[must_use]
    pub fn costs(&self) -> &[LayerCost] {
        &self.costs
    }

    /// Compares descriptions, and sets up oblivious transfers.
    ///
    /// # Errors
    ///
    /// [`CheetahError::Description`] if the client holds another description; else the connection failed,
    /// or the client cheated.
    #[fusion::server(setup)]
    pub fn setup_server<S: Read + Write, R: CryptoRng>(
        &mut self,
        served: &Served,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), CheetahError> {
        wire::agree(stream, served.description())?;
        self.set_up(served.plan(), stream, rng)
    }

    /// Compares descriptions, and sets up oblivious transfers.
    ///
    /// # Errors
    ///
    /// [`CheetahError::Description`] if the server holds another description; else the connection failed,
    /// or the server cheated.
    #[fusion::client(setup)]
    pub fn setup_client<S: Read + Write, R: CryptoRng>(
        &mut self,
        description: &Description,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<Plan, CheetahError> {
        let plan = Self::__agreed(description, stream)?;
        self.set_up(&plan, stream, rng)?;
        Ok(plan)
    }

    /// Prepares for `slots` slots.
    ///
    /// # Errors
    ///
    /// [`CheetahError::Weights`] or [`CheetahError::Memory`] before anything is sent; else the
    /// connection failed, or the client cheated.
    #[fusion::server(offline, batch)]
    pub fn offline_server<S: Read + Write, R: CryptoRng>(
        &mut self,
        served: &Served,
        slots: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<ServerPrepared, CheetahError> {
        let ready = served.ready(slots, |batch| self.check_memory(served.plan(), batch))?;
        wire::send_sets(stream, &ready.sets)?;
        self.prepare(served.plan(), &ready.batch, stream, rng)?;
        Ok(ServerPrepared(ready))
    }

    /// Prepares for `slots` slots.
    ///
    /// # Errors
    ///
    /// [`CheetahError::Memory`] if they are too many; else the connection failed, or the server
    /// cheated.
    #[fusion::client(offline, batch)]
    pub fn offline_client<S: Read + Write, R: CryptoRng>(
        &mut self,
        plan: &Plan,
        slots: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<Prepared, CheetahError> {
        let sets: Vec<Set> = wire::sets(stream, plan.description())?;
        let batch = Batch::new(plan, slots, &sets)?;
        self.check_memory(plan, &batch)?;
        self.prepare(plan, &batch, stream, rng)?;
        Ok(Prepared(batch))
    }

    /// Runs the model on all slots.
    ///
    /// # Errors
    ///
    /// [`CheetahError`]: the client failed.
    #[fusion::server(online, batch)]
    pub fn online_server<S: Read + Write, R: CryptoRng>(
        &mut self,
        served: &Served,
        prepared: ServerPrepared,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), CheetahError> {
        let ServerPrepared(ready) = prepared;
        let plan = served.plan();
        let count = plan.architecture().inputs().saturating_mul(ready.batch.slots);
        let inputs = Shares::zero(plan.ring(Source::Input), count);
        let side = Side::Server(&ready);
        let batch = &ready.batch;
        let stream = Metered::new(stream);
        let (material, costs) = (&mut self.material, &mut self.costs);
        Run {
            plan,
            batch,
            side,
            material,
            stream,
            rng,
            costs,
            #[cfg(test)]
            linking: self.linking,
        }
        .run(inputs)
        .map(drop)
    }

    fn takes(&self, description: &Description, query: &[i64]) -> Result<(), ModelError> {
        description.takes(query)
    }

    fn gives(&self, description: &Description, answer: &Answer) -> Result<(), String> {
        description.gives(answer)
    }

    /// Asks one query per slot.
    ///
    /// # Errors
    ///
    /// [`Slots`](CheetahError::Slots) and [`Width`](CheetahError::Width) before anything is sent; else the
    /// server failed. None depends on what a query holds: the drivers ask [`Description::takes`] before
    /// the first message, and a value out of range that comes here all the same gives a wrong answer.
    #[fusion::client(online, batch, query = queries)]
    pub fn online_client<S: Read + Write, R: CryptoRng>(
        &mut self,
        plan: &Plan,
        prepared: Prepared,
        queries: &[Vec<i64>],
        stream: &mut S,
        rng: &mut R,
    ) -> Result<Vec<Answer>, CheetahError> {
        let Prepared(batch) = prepared;
        check_queries(plan, &batch, queries)?;
        let ring = plan.ring(Source::Input);
        let values = queries.iter().flatten().map(|value| value.cast_unsigned());
        let inputs = Shares::new(ring, values);
        let side = Side::Client;
        let stream = Metered::new(stream);
        let (batch, material, costs) = (&batch, &mut self.material, &mut self.costs);
        Run {
            plan,
            batch,
            side,
            material,
            stream,
            rng,
            costs,
            #[cfg(test)]
            linking: None,
        }
        .run(inputs)
    }

    /// What the client's setup does before its base transfers. Public for `fuzz/`, since those would
    /// take nearly all of a run and have a target of their own; not part of the interface.
    #[doc(hidden)]
    pub fn __agreed<S: Read + Write>(
        description: &Description,
        stream: &mut S,
    ) -> Result<Plan, CheetahError> {
        wire::agree(stream, description)?;
        Plan::new(description)
    }

    /// What a setup leaves: the ends of SoftSpokenOT. For `fuzz/`, which puts prepared ones there;
    /// not part of the interface.
    #[doc(hidden)]
    pub fn __transfers(&mut self) -> &mut Option<Ends> {
        let [softspoken, _] = &mut self.transfers;
        softspoken
    }

    fn new(role: Role) -> Self {
        let material = Material::new(role);
        Self {
            role,
            memory: 8 << 30,
            transfers: [None, None],
            material,
            costs: Vec::new(),
            #[cfg(test)]
            linking: None,
        }
    }

    fn set_up<S: Read + Write, R: CryptoRng>(
        &mut self,
        plan: &Plan,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), CheetahError> {
        self.material = Material::new(self.role);
        self.transfers = [None, None];
        self.transfers(plan.transfers().are_silent(0), stream, rng).map(drop)
    }

    /// Transfers of one kind, set up at the first use.
    fn transfers<S: Read + Write, R: CryptoRng>(
        &mut self,
        silent: bool,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<&mut Ends, CheetahError> {
        let [softspoken, silent_ones] = &mut self.transfers;
        let ends = if silent { silent_ones } else { softspoken };
        let made = match ends.take() {
            Some(made) => made,
            None => {
                let [softspoken, silent_ones] = SESSIONS;
                let session = if silent { silent_ones } else { softspoken };
                ot::setup(self.role, plan::policy(silent), session, stream, rng)?
            }
        };
        Ok(ends.insert(made))
    }

    fn check_memory(&self, plan: &Plan, batch: &Batch) -> Result<(), CheetahError> {
        let (slots, needed, limit) = (batch.slots, batch.memory(plan, self.role), self.memory);
        if needed <= limit {
            return Ok(());
        }
        let (needed_mib, limit_mib) = (needed.div_ceil(1 << 20), limit >> 20);
        Err(CheetahError::Memory { slots, needed_mib, limit_mib })
    }

    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        plan: &Plan,
        batch: &Batch,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), CheetahError> {
        let need = batch.need(plan);
        let count = [Role::Client, Role::Server].map(|sender| need.transfers(sender));
        let silent = plan.transfers().are_silent(count.into_iter().fold(0, usize::saturating_add));
        let mut material = Material::new(self.role);
        let Ends { sender, receiver, .. } = self.transfers(silent, stream, rng)?;
        material.prepare(&need, sender, receiver, stream, rng)?;
        self.material = material;
        Ok(())
    }
}

/// What oblivious transfers of this protocol are bound to: those of SoftSpokenOT, and silent ones.
const SESSIONS: [&[u8]; 2] = [b"fusion cheetah 1", b"fusion cheetah 1, silent"];

fn check_queries(plan: &Plan, batch: &Batch, queries: &[Vec<i64>]) -> Result<(), CheetahError> {
    let (expected, found) = (batch.slots, queries.len());
    if found != expected {
        return Err(CheetahError::Slots { expected, found });
    }
    let expected = plan.architecture().inputs();
    let mut widths = queries.iter().map(Vec::len).enumerate();
    match widths.find(|(_, found)| *found != expected) {
        Some((query, found)) => Err(CheetahError::Width { query, expected, found }),
        None => Ok(()),
    }
}

impl fmt::Debug for Cheetah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cheetah").field("role", &self.role).finish_non_exhaustive()
    }
}
