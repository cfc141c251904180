//! The online phase, layer by layer, for both parties.

use std::io::{self, Read, Write};

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::batch::{Batch, Step};
use super::costs::{LayerCost, Metered};
use super::error::CheetahError;
use super::plan::{Outputs, Plan};
use super::ready::Ready;
use super::{Answer, place};
use crate::model::{LayerShape, Node, Source};
use crate::nonlinear::{Layers, Material, Shares};
use crate::ot::Width;
use crate::rlwe::{Encoding, Pending, Request, RlweError};

/// Who runs it: the server has the linear layers.
pub(super) enum Side<'a> {
    Client,
    Server(&'a Ready),
}

/// What a run works with.
pub(super) struct Run<'a, S, R> {
    pub(super) plan: &'a Plan,
    pub(super) batch: &'a Batch,
    pub(super) side: Side<'a>,
    pub(super) material: &'a mut Material,
    pub(super) stream: Metered<'a, S>,
    pub(super) rng: &'a mut R,
    /// One for each layer, then that of the answers.
    pub(super) costs: &'a mut Vec<LayerCost>,
    #[cfg(test)]
    pub(super) linking: Option<Linking>,
}

/// An attack on isolation: to the request of slot `into` of a layer the difference of two others is
/// added, which is nothing if these hold the same and one key is for all.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Linking {
    pub(super) layer: usize,
    /// Before `into`.
    pub(super) of: [usize; 2],
    pub(super) into: usize,
}

impl<S: Read + Write, R: CryptoRng> Run<'_, S, R> {
    /// Runs all layers on this party's shares of the inputs, slot after slot. The answers, at the
    /// client; at the server there are none.
    pub(super) fn run(&mut self, inputs: Shares) -> Result<Vec<Answer>, CheetahError> {
        let nodes = self.plan.architecture().nodes();
        self.costs.clear();
        let mut values = vec![Some(inputs)];
        for (layer, node) in nodes.iter().enumerate() {
            let result = self.layer(layer, node, &values)?;
            for source in node.sources().filter(|from| self.batch.is_last_use(*from, layer)) {
                values.get_mut(place(source)).map(Option::take);
            }
            values.push(Some(result));
            self.costs.push(self.stream.cost(layer, node.layer.kind()));
        }
        let last = values.pop().flatten().ok_or(CheetahError::Order)?;
        let answers = self.open(nodes.len(), &last)?;
        self.costs.push(self.stream.cost(nodes.len(), "answers"));
        Ok(answers)
    }

    fn open(&mut self, layer: usize, last: &Shares) -> Result<Vec<Answer>, CheetahError> {
        let outputs = self.plan.architecture().outputs().max(1);
        let mut layers = Layers::new(self.material, &mut self.stream);
        let fails = |source| CheetahError::Layer { layer, source };
        Ok(match self.plan.outputs() {
            Outputs::Label => {
                let compared = if outputs == 1 { &beside_zero(last) } else { last };
                let labels = layers.label(self.plan.compared(), compared).map_err(fails)?;
                let labels = labels.into_iter().flatten();
                if outputs == 1 {
                    labels.map(|larger| Answer::Sign(larger == Some(1))).collect()
                } else {
                    labels.map(Answer::Label).collect()
                }
            }
            Outputs::Logits => {
                let logits = layers.reveal(last).map_err(fails)?.unwrap_or_default();
                logits.chunks(outputs).map(|slot| Answer::Logits(slot.to_vec())).collect()
            }
        })
    }

    fn layer(
        &mut self,
        layer: usize,
        node: &Node,
        values: &[Option<Shares>],
    ) -> Result<Shares, CheetahError> {
        let batch = self.batch;
        let step = batch.steps.get(layer).ok_or(CheetahError::Order)?;
        let of = |source| values.get(place(source)).and_then(Option::as_ref);
        let values = of(node.from).ok_or(CheetahError::Order)?;
        if let Step::Linear(encoding) = step {
            return self.linear(layer, node, encoding, values);
        }
        let second = node.with.and_then(of);
        let narrow = self.plan.bits(node.from);
        let (room, other) = (&mut None, &mut None);
        let mut layers = Layers::new(self.material, &mut self.stream);
        let result = match (step, second) {
            (Step::Relu(_), _) => layers.relu(values.reduced(narrow, room)),
            (Step::ReluTruncate(truncation), _) => {
                layers.relu_truncate(*truncation, values.reduced(narrow, room))
            }
            (Step::Clamp(clamp), _) => layers.relu_clamp(*clamp, values.reduced(narrow, room)),
            (Step::Reduce(width), _) => Ok(values.reduce(*width)),
            (Step::Truncate(truncation), _) => {
                layers.truncate(*truncation, values.reduced(narrow, room))
            }
            (Step::MaxPool(windows, ring, within), _) => {
                layers.max_pool_within(*windows, *within, values.reduced(*ring, room))
            }
            (Step::AveragePool(windows, ring), _) => {
                layers.average_pool(*windows, values.reduced(*ring, room))
            }
            (Step::Add(ring, shift), Some(second)) => {
                let scale = 1_i64.wrapping_shl(*shift);
                let first = values.reduced(*ring, room);
                let second = second.reduced(*ring, other).times(scale);
                if !first.fit(&second) {
                    return Err(CheetahError::Order);
                }
                Ok(first.plus(&second))
            }
            (Step::Concat(ring, sizes), Some(second)) => {
                let second = second.reduced(*ring, other);
                Ok(concat(*sizes, values.reduced(*ring, room), second)?)
            }
            _ => return Err(CheetahError::Order),
        };
        result.map_err(|source| CheetahError::Layer { layer, source })
    }

    /// For each slot a request from the client, under a key of its own, and the response.
    ///
    /// # Security
    ///
    /// No key serves two layers or two slots, and no polynomial holds inputs or results of two slots:
    /// a server that computes on requests of several slots together gets what no key opens, so that
    /// the answers that it spoils are wrong whatever the others hold.
    fn linear(
        &mut self,
        layer: usize,
        node: &Node,
        encoding: &Encoding,
        values: &Shares,
    ) -> Result<Shares, CheetahError> {
        let kind = node.layer.kind();
        let fails = |source: RlweError| CheetahError::Linear { layer, kind, source };
        let width = encoding.parameters().width();
        let room = &mut None;
        let inputs = slots(values.reduced(width, room), self.batch.slots, encoding)?;
        let mut results = Results::new(width, self.batch.slots, encoding);
        match &self.side {
            Side::Client => {
                let mut pending = Vec::with_capacity(inputs.len());
                for slot in &inputs {
                    let (own, request) =
                        Pending::request(encoding, slot, self.rng).map_err(fails)?;
                    self.stream.write_all(&request)?;
                    pending.push(own);
                }
                self.stream.flush()?;
                for own in pending {
                    let response = receive(&mut self.stream, encoding.response_bytes())?;
                    results.push(&own.open(&response).map_err(fails)?);
                }
                Ok(results.all())
            }
            Side::Server(ready) => {
                let (weights, bias) = ready.layer(layer).ok_or(CheetahError::Order)?;
                #[cfg(test)]
                let mut earlier = Vec::new();
                for slot in &inputs {
                    let request = receive(&mut self.stream, encoding.request_bytes())?;
                    #[cfg(test)]
                    earlier.push(Request::decode(encoding, &request).map_err(fails)?);
                    let mut request = Request::decode(encoding, &request).map_err(fails)?;
                    #[cfg(test)]
                    if let Some(Linking { of: [a, b], into, .. }) =
                        self.linking.filter(|linking| linking.layer == layer)
                        && let (true, Some(a), Some(b)) =
                            (earlier.len() == into + 1, earlier.get(a), earlier.get(b))
                    {
                        request.add_difference(a, b);
                    }
                    // Of the input it has no share.
                    if node.from != Source::Input {
                        request.add(slot, self.rng).map_err(fails)?;
                    }
                    let (response, shares) = weights.answer(&request, self.rng).map_err(fails)?;
                    self.stream.write_all(&response)?;
                    results.push(&shares);
                }
                self.stream.flush()?;
                biased(&node.layer, bias, &results.all())
            }
        }
    }
}

/// The shares of each slot.
fn slots(values: &Shares, slots: usize, encoding: &Encoding) -> Result<Vec<Shares>, CheetahError> {
    let each = encoding.shape().inputs_len().max(1);
    let all: Vec<_> = values.values().chunks_exact(each).collect();
    if all.len() != slots || values.len() != each.saturating_mul(slots) {
        return Err(CheetahError::Order);
    }
    Ok(all.into_iter().map(|slot| Shares::new(values.width(), slot.iter().copied())).collect())
}

/// The results of all slots, one after the other.
struct Results {
    width: Width,
    values: Zeroizing<Vec<u64>>,
}

impl Results {
    fn new(width: Width, slots: usize, encoding: &Encoding) -> Self {
        let count = encoding.shape().outputs_len().saturating_mul(slots);
        Self { width, values: Zeroizing::new(Vec::with_capacity(count)) }
    }

    fn push(&mut self, slot: &Shares) {
        self.values.extend_from_slice(slot.values());
    }

    fn all(&self) -> Shares {
        Shares::new(self.width, self.values.iter().copied())
    }
}

/// Memory grows no faster than bytes arrive.
pub(super) fn receive(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(length).unwrap_or(u64::MAX);
    stream.by_ref().take(most).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Adds its bias to each value of an output, in each slot.
fn biased(layer: &LayerShape, bias: &[i64], results: &Shares) -> Result<Shares, CheetahError> {
    let pixels = layer.outputs().checked_div(bias.len()).ok_or(CheetahError::Order)?;
    // Whole slots, with a bias for each value.
    if pixels.checked_mul(bias.len()) != Some(layer.outputs())
        || !results.len().is_multiple_of(layer.outputs())
    {
        return Err(CheetahError::Order);
    }
    let slot = bias.iter().flat_map(|bias| std::iter::repeat_n(bias.cast_unsigned(), pixels));
    let all = results.values().iter().zip(slot.cycle());
    Ok(Shares::new(results.width(), all.map(|(value, bias)| value.wrapping_add(bias))))
}

/// Zero before each value: which one is larger is the sign of the value.
fn beside_zero(values: &Shares) -> Shares {
    Shares::new(values.width(), values.values().iter().flat_map(|value| [0, *value]))
}

/// Both parts of each slot, one after the other.
fn concat([first, second]: [usize; 2], a: &Shares, b: &Shares) -> Result<Shares, CheetahError> {
    let a_slots = a.values().chunks(first.max(1));
    let b_slots = b.values().chunks(second.max(1));
    if a_slots.len() != b_slots.len() || a.width() != b.width() {
        return Err(CheetahError::Order);
    }
    let values = a_slots.zip(b_slots).flat_map(|(a, b)| a.iter().chain(b)).copied();
    Ok(Shares::new(a.width(), values))
}
