//! The online phase, layer by layer, for both parties.

use std::io::{self, Read, Write};

use rand::CryptoRng;

use super::batch::{Batch, Step};
use super::costs::{LayerCost, Metered};
use super::error::CheetahError;
use super::plan::{Outputs, Plan};
use super::ready::Ready;
use super::{Answer, place};
use crate::cheetah::nonlinear::{Layers, Material, Shares};
use crate::cheetah::rlwe::{Encoding, Pending, Request, RlweError};
use crate::model::{LayerShape, Node, Source};

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
                let second = second.reduced(*ring, other).times(scale);
                Ok(values.reduced(*ring, room).plus(&second))
            }
            (Step::Concat(ring, sizes), Some(second)) => {
                let second = second.reduced(*ring, other);
                Ok(concat(*sizes, values.reduced(*ring, room), second))
            }
            _ => return Err(CheetahError::Order),
        };
        result.map_err(|source| CheetahError::Layer { layer, source })
    }

    /// A request from the client, and the response.
    fn linear(
        &mut self,
        layer: usize,
        node: &Node,
        encoding: &Encoding,
        values: &Shares,
    ) -> Result<Shares, CheetahError> {
        let kind = node.layer.kind();
        let fails = |source: RlweError| CheetahError::Linear { layer, kind, source };
        let room = &mut None;
        let inputs = values.reduced(encoding.parameters().width(), room);
        match &self.side {
            Side::Client => {
                let (pending, request) =
                    Pending::request(encoding, inputs, self.rng).map_err(fails)?;
                self.stream.write_all(&request)?;
                self.stream.flush()?;
                drop(request);
                let response = receive(&mut self.stream, encoding.response_bytes())?;
                pending.open(&response).map_err(fails)
            }
            Side::Server(ready) => {
                let (weights, bias) = ready.layer(layer).ok_or(CheetahError::Order)?;
                let request = receive(&mut self.stream, encoding.request_bytes())?;
                let mut request = Request::decode(encoding, &request).map_err(fails)?;
                // Of the input it has no share.
                if node.from != Source::Input {
                    request.add(inputs, self.rng).map_err(fails)?;
                }
                let (response, results) = weights.answer(&request, self.rng).map_err(fails)?;
                self.stream.write_all(&response)?;
                self.stream.flush()?;
                Ok(biased(&node.layer, bias, &results))
            }
        }
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
fn biased(layer: &LayerShape, bias: &[i64], results: &Shares) -> Shares {
    let pixels = layer.outputs().checked_div(bias.len()).unwrap_or(1);
    let slot = bias.iter().flat_map(|bias| std::iter::repeat_n(bias.cast_unsigned(), pixels));
    let all = slot.cycle();
    Shares::new(
        results.width(),
        results.values().iter().zip(all).map(|(value, bias)| value.wrapping_add(bias)),
    )
}

/// Zero before each value: which one is larger is the sign of the value.
fn beside_zero(values: &Shares) -> Shares {
    Shares::new(values.width(), values.values().iter().flat_map(|value| [0, *value]))
}

/// Both parts of each slot, one after the other.
fn concat([first, second]: [usize; 2], a: &Shares, b: &Shares) -> Shares {
    let slots = a.values().chunks(first.max(1)).zip(b.values().chunks(second.max(1)));
    let values = slots.flat_map(|(a, b)| a.iter().chain(b)).copied();
    Shares::new(a.width(), values)
}
