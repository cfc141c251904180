//! The base protocol: whole models, with linear layers under encryption and the others from oblivious
//! transfers, and neither a dealer nor anyone else to trust.

mod batch;
mod costs;
mod error;
mod plan;
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
pub use error::{CheetahError, Malformed};
pub use plan::{Outputs, Plan, Transfers};
pub use served::{LinearLayer, Served};

use self::batch::Batch;
use self::costs::Metered;
use self::run::{Run, Side};
use self::served::Ready;
use super::nonlinear::{Material, Shares};
use super::ot::{self, Ends};
use super::rlwe::Set;
use crate::model::{Architecture, InputRange, ModelError, Source, place};

/// What the client learns of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Which output is the largest. `None` if the server made one that does not exist.
    Label(Option<usize>),
    /// All outputs.
    Logits(Vec<i64>),
}

impl Answer {
    /// What the client must get for these outputs of the reference executor.
    #[must_use]
    pub fn of(logits: &[i64], outputs: Outputs) -> Self {
        match outputs {
            Outputs::Label => Self::Label(crate::model::argmax(logits)),
            Outputs::Logits => Self::Logits(logits.to_vec()),
        }
    }

    /// Which output is the largest.
    #[must_use]
    pub fn label(&self) -> Option<usize> {
        match self {
            Self::Label(label) => *label,
            Self::Logits(logits) => crate::model::argmax(logits),
        }
    }
}

/// A party of the protocol, client or server. Its oblivious transfers serve every batch on a
/// connection.
#[fusion::harden(
    soundness = 40,
    privacy = malicious,
    executions = isolated,
    assumes = "RLWE with 128 bits (Homomorphic Encryption Standard), LPN for silent transfers, \
               elliptic-curve Diffie-Hellman, AES and BLAKE3 as ideal functions",
    crate = fusion_core
)]
pub struct Cheetah {
    role: Role,
    outputs: Outputs,
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
    /// A client that wants labels.
    #[must_use]
    pub fn client() -> Self {
        Self::new(Role::Client)
    }

    /// A server.
    #[must_use]
    pub fn server() -> Self {
        Self::new(Role::Server)
    }

    /// What the client wants; a server that gives something else is refused in the setup phase.
    #[must_use]
    pub fn with_outputs(mut self, outputs: Outputs) -> Self {
        self.outputs = outputs;
        self
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

    /// Announces how the model is computed, and sets up oblivious transfers.
    ///
    /// # Errors
    ///
    /// [`CheetahError`]: the connection failed, or the client cheated.
    #[fusion::server(setup)]
    pub fn setup_server<S: Read + Write, R: CryptoRng>(
        &mut self,
        served: &Served,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), CheetahError> {
        wire::send(stream, served.plan().announcement())?;
        self.set_up(served.plan(), stream, rng)
    }

    /// Learns how the model is computed, and sets up oblivious transfers.
    ///
    /// # Errors
    ///
    /// [`CheetahError::Announcement`], [`CheetahError::Ring`] or [`CheetahError::Outputs`] if the
    /// server announces something malformed, or gives something else than this client wants; else the
    /// connection failed, or the server cheated.
    #[fusion::client(setup)]
    pub fn setup_client<S: Read + Write, R: CryptoRng>(
        &mut self,
        architecture: &Architecture,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<Plan, CheetahError> {
        let plan = self.__announced(architecture, stream)?;
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
        let ready = served.ready(slots)?;
        self.check_memory(served.plan(), &ready.batch)?;
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
        let sets: Vec<Set> = wire::sets(stream, plan.architecture())?;
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

    fn takes(&self, architecture: &Architecture, query: &[i64]) -> Result<(), ModelError> {
        architecture.takes(query)
    }

    /// Whether an answer is of the kind that this client wants, and one of those that the model can give.
    fn gives(&self, architecture: &Architecture, answer: &Answer) -> Result<(), String> {
        let outputs = architecture.outputs();
        match (answer, self.outputs) {
            (Answer::Label(Some(label)), Outputs::Label) if *label < outputs => Ok(()),
            (Answer::Label(Some(label)), Outputs::Label) => {
                Err(format!("the label {label} is none of the model's {outputs}"))
            }
            (Answer::Label(None), Outputs::Label) => Err("no label".into()),
            (Answer::Logits(logits), Outputs::Logits) => {
                architecture.gives(logits).map_err(|error| error.to_string())
            }
            (Answer::Logits(_), Outputs::Label) => {
                Err("logits, where this client gets labels (`Cheetah::with_outputs`)".into())
            }
            (Answer::Label(_), Outputs::Logits) => {
                Err("a label, where this client gets logits (`Cheetah::with_outputs`)".into())
            }
        }
    }

    /// Asks one query per slot.
    ///
    /// # Errors
    ///
    /// [`Width`](CheetahError::Width), [`Range`](CheetahError::Range) and
    /// [`Slots`](CheetahError::Slots) before anything is sent; else the server failed.
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

    /// What the client's setup reads before its base transfers. Public for `fuzz/`, since those would
    /// take nearly all of a run and have a target of their own; not part of the interface.
    #[doc(hidden)]
    pub fn __announced<S: Read>(
        &self,
        architecture: &Architecture,
        stream: &mut S,
    ) -> Result<Plan, CheetahError> {
        let plan = Plan::new(architecture, wire::announcement(stream, architecture)?)?;
        let (wanted, given) = (self.outputs, plan.outputs());
        if wanted != given {
            return Err(CheetahError::Outputs { wanted, given });
        }
        Ok(plan)
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
            outputs: Outputs::Label,
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
    let (expected, InputRange { low, high }) = (plan.architecture().inputs(), plan.input());
    for (query, values) in queries.iter().enumerate() {
        let found = values.len();
        if found != expected {
            return Err(CheetahError::Width { query, expected, found });
        }
        // All values are looked at, whatever they are.
        let outside = values.iter().filter(|value| !(low..=high).contains(*value)).count();
        if outside > 0 {
            return Err(CheetahError::Range { query, low, high });
        }
    }
    Ok(())
}

impl fmt::Debug for Cheetah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cheetah").field("role", &self.role).finish_non_exhaustive()
    }
}
