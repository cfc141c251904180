//! The public part of a model: all that the client relies on, so that nothing of it is for the server to
//! choose once a client is there.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Answer;
use super::error::CheetahError;
use super::limits;
use super::plan::{Outputs, Plan, Transfers};
use crate::model::{Architecture, InputRange, ModelError, Ranges};
use crate::rlwe::Set;

/// What both parties hold of a model: everything but weights and biases.
///
/// The vendor makes it from the model ([`Served::description`](super::Served::description)) and publishes
/// it, for example as JSON; the client gets it from where it trusts what it reads, and passes it with its
/// queries. In the setup phase the parties compare digests of its parts. If one differs, both refuse with
/// [`CheetahError::Description`], which names the parts, before a query is looked at. So what the client
/// does follows from its own description, whatever the server says.
///
/// A value of this type is valid, also when it was deserialised: each part fits the architecture, and every
/// layer can be computed, for one slot at least.
///
/// Queries are integers in the range: whoever scales real numbers to them does so before, in the same way
/// for queries and for checks.
///
/// # Security
///
/// All of it is public. The bits follow from the weights: those of a layer are the binary logarithm of the
/// largest result that its weights allow for any input of the range, rounded up. That is about log2(64)
/// = 6 bits of information for each layer; no other part depends on the weights. A vendor who would not tell that
/// publishes larger bits, for example the same for all layers, and serves the model under them
/// ([`Served::described`](super::Served::described)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Content", into = "Content")]
pub struct Description(Content);

/// What a description says, whether it is valid or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "Description", deny_unknown_fields)]
pub(super) struct Content {
    pub(super) architecture: Architecture,
    pub(super) input: InputRange,
    pub(super) outputs: Outputs,
    pub(super) transfers: Transfers,
    /// The cheapest first.
    pub(super) sets: Vec<Set>,
    /// Of the input and of the result of each layer, with the sign.
    pub(super) bits: Vec<u8>,
}

/// A part of a [`Description`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Kinds, sizes, shifts and sources of layers.
    Architecture,
    /// What the values of an input may be.
    Input,
    /// What the client learns.
    Outputs,
    /// Which oblivious transfers may be used.
    Transfers,
    /// Which parameters of the encryption may be used.
    Sets,
    /// How many bits values take.
    Bits,
}

/// A digest of each part.
pub(super) type Digests = [[u8; blake3::OUT_LEN]; Part::ALL.len()];

impl Description {
    pub(super) fn of(
        architecture: &Architecture,
        input: InputRange,
        ranges: &Ranges,
        outputs: Outputs,
    ) -> Result<Self, CheetahError> {
        let layers = (0..architecture.nodes().len()).map(|layer| ranges.bits(layer));
        let bits = std::iter::once(ranges.input_bits()).chain(layers);
        let bits = bits.map(|bits| u8::try_from(bits).unwrap_or(u8::MAX)).collect();
        let (architecture, sets) = (architecture.clone(), Set::ALL.to_vec());
        Content { architecture, input, outputs, transfers: Transfers::Fewest, sets, bits }
            .try_into()
    }

    /// The same with these oblivious transfers. The default is [`Transfers::Fewest`]; a client that
    /// trusts one kind alone insists on it here, and runs with no server that has another.
    #[must_use]
    pub fn with_transfers(mut self, transfers: Transfers) -> Self {
        self.0.transfers = transfers;
        self
    }

    /// The same with these parameters of the encryption, of which the server takes for each layer the
    /// first that suits. The default is [`Set::ALL`].
    ///
    /// # Errors
    ///
    /// [`CheetahError::Invalid`] if there are none, or not in the order of [`Set::ALL`];
    /// [`CheetahError::Limit`] if a layer fits none of them.
    pub fn with_sets(mut self, sets: &[Set]) -> Result<Self, CheetahError> {
        self.0.sets = sets.to_vec();
        self.0.try_into()
    }

    /// Identifies a description: a BLAKE3 hash of a canonical encoding. Who publishes it where a client
    /// trusts it may send the description itself by any way.
    #[must_use]
    pub fn digest(&self) -> [u8; blake3::OUT_LEN] {
        let mut hasher = blake3::Hasher::new_derive_key("fusion cheetah 1, description");
        self.digests().iter().for_each(|digest| {
            hasher.update(digest);
        });
        hasher.finalize().into()
    }

    /// Kinds and sizes of layers.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        &self.0.architecture
    }

    /// What an input's values may be.
    #[must_use]
    pub fn input(&self) -> InputRange {
        self.0.input
    }

    /// What the client learns.
    #[must_use]
    pub fn outputs(&self) -> Outputs {
        self.0.outputs
    }

    /// Which transfers are used.
    #[must_use]
    pub fn transfers(&self) -> Transfers {
        self.0.transfers
    }

    /// Which parameters of the encryption may be used, the cheapest first.
    #[must_use]
    pub fn sets(&self) -> &[Set] {
        &self.0.sets
    }

    /// Bits, with the sign, of the input's values and of each layer's results.
    #[must_use]
    pub fn bits(&self) -> &[u8] {
        &self.0.bits
    }

    /// Whether an input has as many values as the model takes, all of them in the range.
    ///
    /// # Errors
    ///
    /// [`ModelError::InputWidth`] or [`ModelError::Outside`] if not.
    pub fn takes(&self, input: &[i64]) -> Result<(), ModelError> {
        self.architecture().takes(input)?;
        let InputRange { low, high } = self.input();
        // All values are looked at, whatever they are.
        let outside = input.iter().filter(|value| !(low..=high).contains(*value)).count();
        if outside == 0 { Ok(()) } else { Err(ModelError::Outside { low, high }) }
    }

    /// Whether an answer is of the kind that the client learns, and one of those that the model can give.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub fn gives(&self, answer: &Answer) -> Result<(), String> {
        let outputs = self.architecture().outputs();
        let expected = match (self.outputs(), answer) {
            (Outputs::Logits, Answer::Logits(logits)) => {
                return self.architecture().gives(logits).map_err(|error| error.to_string());
            }
            (Outputs::Logits, _) => "logits",
            (Outputs::Label, Answer::Sign(_)) if outputs == 1 => return Ok(()),
            (Outputs::Label, _) if outputs == 1 => "a sign, for one output",
            (Outputs::Label, Answer::Label(Some(label))) if *label < outputs => return Ok(()),
            (Outputs::Label, Answer::Label(Some(label))) => {
                return Err(format!("the label {label} is none of the model's {outputs}"));
            }
            (Outputs::Label, _) => "a label",
        };
        let found = match answer {
            Answer::Label(Some(_)) => "a label",
            Answer::Label(None) => "no label",
            Answer::Sign(_) => "a sign",
            Answer::Logits(_) => "logits",
        };
        Err(format!("{found}, where this model's description says {expected}"))
    }

    pub(super) fn digests(&self) -> Digests {
        let Content { architecture, input, outputs, transfers, sets, bits } = &self.0;
        Part::ALL.map(|part| match part {
            Part::Architecture => part.digest(architecture),
            Part::Input => part.digest(input),
            Part::Outputs => part.digest(outputs),
            Part::Transfers => part.digest(transfers),
            Part::Sets => part.digest(sets),
            Part::Bits => part.digest(bits),
        })
    }

    /// # Errors
    ///
    /// [`CheetahError::Description`] with the parts whose digests at the peer are others.
    pub(super) fn compare(&self, theirs: &Digests) -> Result<(), CheetahError> {
        let pairs = self.digests().into_iter().zip(theirs).zip(Part::ALL);
        let parts: Vec<_> =
            pairs.filter(|((ours, theirs), _)| ours != *theirs).map(|(_, part)| part).collect();
        if parts.is_empty() { Ok(()) } else { Err(CheetahError::Description { parts }) }
    }
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Architecture, Self::Input, Self::Outputs, Self::Transfers, Self::Sets, Self::Bits];

    /// The encoding writes lengths before lists and numbers in one way only, so it is canonical.
    fn digest(self, content: &impl Serialize) -> [u8; blake3::OUT_LEN] {
        let mut hasher = blake3::Hasher::new_derive_key("fusion cheetah 1, part of a description");
        hasher.update(self.to_string().as_bytes()).update(&[0]);
        // Hashing does not fail, and a content that cannot be encoded equals no other.
        match postcard::to_stdvec(content) {
            Ok(bytes) => hasher.update(&bytes),
            Err(error) => hasher.update(&[1]).update(error.to_string().as_bytes()),
        };
        hasher.finalize().into()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Architecture => "architecture",
            Self::Input => "range of inputs",
            Self::Outputs => "outputs",
            Self::Transfers => "transfers",
            Self::Sets => "parameter sets",
            Self::Bits => "bits",
        })
    }
}

impl TryFrom<Content> for Description {
    type Error = CheetahError;

    fn try_from(content: Content) -> Result<Self, CheetahError> {
        let known = Set::ALL.iter().filter(|set| content.sets.contains(set));
        if content.sets.is_empty() || !known.eq(&content.sets) {
            return Err(CheetahError::Invalid(
                "parameter sets must be some of `Set::ALL`, in that order",
            ));
        }
        let description = Self(content);
        limits::check_sizes(&Plan::new(&description)?)?;
        Ok(description)
    }
}

impl From<Description> for Content {
    fn from(Description(content): Description) -> Self {
        content
    }
}
