//! Model files of format `fusion-model-2`: any graph of layers.
//!
//! The metadata entry `layers` is a JSON array with an object for each layer, in the order of
//! execution: its `kind`, the sizes of [`LayerShape`] under their names there, and `from` and `with`
//! if it takes values of another layer than the one before it (a number from 0, or -1 for the
//! input). Layer i, if linear, has the tensors `layers.<i>.weight` (I32, outputs x inputs or outputs
//! x channels of a group x kernel x kernel) and `layers.<i>.bias` (I64, outputs).

use std::fmt;

use safetensors::{Dtype, SafeTensors};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{find, i32s, i64s, layer_of, tensor_name, wrong_shape};
use crate::model::architecture::{
    Architecture, ConvolutionShape, LayerShape, Node, PoolShape, Source,
};
use crate::model::error::ModelError;
use crate::model::graph::{Linear, Model};

pub(super) fn read(layers: &str, tensors: &SafeTensors<'_>) -> Result<Model, ModelError> {
    let entries: Vec<Fields> = serde_json::from_str(layers)
        .map_err(|error| ModelError::LayerList { reason: error.to_string() })?;
    let nodes = entries.into_iter().enumerate().map(|(layer, Fields { all, twice })| {
        if let Some(key) = twice {
            let reason = format!("`{}` is given twice; remove one", key.escape_debug());
            return Err(ModelError::LayerEntry { layer, reason });
        }
        let entry = Entry { layer, fields: all };
        entry.node().map_err(|reason| ModelError::LayerEntry { layer, reason })
    });
    let architecture = Architecture::graph(nodes.collect::<Result<_, _>>()?)?;
    let shapes: Vec<_> = architecture.layers().collect();
    let is_linear = |layer: usize| shapes.get(layer).is_some_and(LayerShape::is_linear);
    let mut names = tensors.names();
    names.sort_unstable();
    if let Some(name) = names.into_iter().find(|name| !layer_of(name).is_some_and(is_linear)) {
        return Err(ModelError::UnknownTensor { tensor: name.to_owned() });
    }
    let linear = shapes.iter().enumerate().filter(|(layer, _)| is_linear(*layer));
    let linear = linear.map(|(layer, shape)| read_linear(tensors, layer, shape));
    let linear = linear.collect::<Result<_, _>>()?;
    Model::graph(architecture, linear)
}

fn read_linear(
    tensors: &SafeTensors<'_>,
    layer: usize,
    shape: &LayerShape,
) -> Result<Linear, ModelError> {
    let sizes = match *shape {
        LayerShape::Convolution(shape) => {
            vec![shape.outputs, shape.channels_of_group(), shape.kernel, shape.kernel]
        }
        _ => vec![shape.outputs(), shape.inputs()],
    };
    let name = tensor_name(layer, "weight");
    let weight = find(tensors, &name, Dtype::I32, "I32")?;
    if weight.shape() != sizes {
        return Err(wrong_shape(name, format!("{sizes:?}, as `layers` has it"), &weight));
    }
    let name = tensor_name(layer, "bias");
    let bias = find(tensors, &name, Dtype::I64, "I64")?;
    if bias.shape() != [shape.biases()] {
        let expected = format!("[{}], one per output", shape.biases());
        return Err(wrong_shape(name, expected, &bias));
    }
    let weights = i32s(weight.data()).map(i64::from).collect();
    Ok(Linear::new(weights, i64s(bias.data()).collect()))
}

/// A JSON object as it is written: a map alone would keep the last of two values, where another reader
/// may keep the first.
struct Fields {
    all: Map<String, Value>,
    /// A key that is there more than once.
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Fields, A::Error> {
                let (mut all, mut twice) = (Map::new(), None);
                while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                    if all.insert(key.clone(), value).is_some() {
                        twice = Some(key);
                    }
                }
                Ok(Fields { all, twice })
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// The object of one layer; fields are removed as they are read. Errors are reasons.
struct Entry {
    layer: usize,
    fields: Map<String, Value>,
}

impl Entry {
    fn node(mut self) -> Result<Node, String> {
        let layer = self.shape()?;
        let before = self.layer.checked_sub(1).map_or(Source::Input, Source::Layer);
        let from = self.source("from")?.unwrap_or(before);
        let with = self.source("with")?;
        if let Some(key) = self.fields.keys().next() {
            return Err(format!("a {} has no `{key}`; remove it", layer.kind()));
        }
        Ok(Node { layer, from, with })
    }

    fn shape(&mut self) -> Result<LayerShape, String> {
        let kind = self.fields.remove("kind");
        let kind = kind.as_ref().and_then(Value::as_str).ok_or("`kind` must be a text")?;
        Ok(match kind {
            "dense" => {
                LayerShape::Dense { inputs: self.size("inputs")?, outputs: self.size("outputs")? }
            }
            "convolution" => LayerShape::Convolution(ConvolutionShape {
                channels: self.size("channels")?,
                outputs: self.size("outputs")?,
                height: self.size("height")?,
                width: self.size("width")?,
                kernel: self.size("kernel")?,
                stride: self.size("stride")?,
                padding: self.size("padding")?,
                groups: self.size("groups")?,
            }),
            "relu" => LayerShape::Relu { width: self.size("width")?, shift: self.bits("shift")? },
            "clamp" => LayerShape::Clamp {
                width: self.size("width")?,
                shift: self.bits("shift")?,
                bits: self.bits("bits")?,
            },
            "truncate" => {
                LayerShape::Truncate { width: self.size("width")?, shift: self.bits("shift")? }
            }
            "max_pool" => LayerShape::MaxPool(self.pool()?),
            "average_pool" => LayerShape::AveragePool(self.pool()?),
            "add" => LayerShape::Add { width: self.size("width")?, shift: self.bits("shift")? },
            "concat" => {
                LayerShape::Concat { first: self.size("first")?, second: self.size("second")? }
            }
            other => {
                return Err(format!(
                    "there is no kind `{}`; use dense, convolution, relu, clamp, truncate, \
                     max_pool, average_pool, add or concat",
                    other.escape_debug()
                ));
            }
        })
    }

    fn pool(&mut self) -> Result<PoolShape, String> {
        Ok(PoolShape {
            channels: self.size("channels")?,
            height: self.size("height")?,
            width: self.size("width")?,
            kernel: self.size("kernel")?,
            stride: self.size("stride")?,
            padding: self.size("padding")?,
        })
    }

    fn size(&mut self, key: &str) -> Result<usize, String> {
        let number = self.fields.remove(key).as_ref().and_then(Value::as_u64);
        let size = number.and_then(|number| usize::try_from(number).ok());
        size.ok_or_else(|| format!("`{key}` must be there, a whole number from 0"))
    }

    fn bits(&mut self, key: &str) -> Result<u32, String> {
        u32::try_from(self.size(key)?).map_err(|_| format!("`{key}` is too large"))
    }

    fn source(&mut self, key: &str) -> Result<Option<Source>, String> {
        let Some(value) = self.fields.remove(key) else { return Ok(None) };
        let source = match value.as_i64() {
            Some(-1) => Some(Source::Input),
            Some(layer) => usize::try_from(layer).ok().map(Source::Layer),
            None => None,
        };
        let reason = || format!("`{key}` must be the number of a layer, or -1 for the input");
        source.ok_or_else(reason).map(Some)
    }
}

#[cfg(test)]
mod tests;
