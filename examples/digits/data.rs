//! The digits, the checks and the model.

use std::{fs, path::Path};

use fusion::Check;
use fusion_backends::model::{
    Architecture, ConvolutionShape, InputRange, LayerShape, Model, PoolShape, argmax,
};

use crate::{Cheat, Network, Options, Result};

pub(crate) const SIDE: usize = 8;
pub(crate) const DARKEST: i64 = 16;
const PIXELS: usize = SIDE * SIDE;
const DIGITS: usize = 10;
/// Pixels are 0 to 16; pixel / 16 at scale 2^12 is pixel * 256.
const INPUT_SCALE: i64 = 256;

pub(crate) struct Image {
    pub(crate) label: usize,
    pub(crate) pixels: Vec<i64>,
    /// The reference model's answer; empty in the queries.
    logits: Vec<i64>,
}

pub(crate) struct Data {
    pub(crate) checks: Vec<Image>,
    queries: Vec<Image>,
}

impl Image {
    /// What the model takes.
    pub(crate) fn input(&self) -> Vec<i64> {
        self.pixels.iter().map(|pixel| pixel * INPUT_SCALE).collect()
    }

    /// Whether the reference model recognises it.
    pub(crate) fn is_recognised(&self) -> bool {
        argmax(&self.logits) == Some(self.label)
    }
}

impl Data {
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        Ok(Self {
            checks: images(&folder.join("digits_checks.csv"), DIGITS)?,
            queries: images(&folder.join("digits_queries.csv"), 0)?,
        })
    }

    /// The first `count` digits.
    pub(crate) fn queries(&self, count: usize) -> Result<&[Image]> {
        let available = self.queries.len();
        self.queries.get(..count).filter(|queries| !queries.is_empty()).ok_or_else(|| {
            format!(
                "--queries {count} cannot be run: the folder has {available} digits; ask for 1 to \
                 {available}"
            )
            .into()
        })
    }

    /// Samples whose exact answers the client knows: an honest server fails none.
    pub(crate) fn checks(&self) -> Vec<Check<Vec<i64>, Vec<i64>>> {
        self.checks.iter().map(|image| Check::exact(image.input(), image.logits.clone())).collect()
    }
}

/// What the client knows of the model.
pub(crate) fn architecture() -> Result<Architecture, ModelError> {
    Architecture::new(vec![
        LayerShape::Dense { inputs: PIXELS, outputs: 64 },
        LayerShape::Relu { width: 64, shift: 12 },
        LayerShape::Dense { inputs: 64, outputs: 32 },
        LayerShape::Relu { width: 32, shift: 12 },
        LayerShape::Dense { inputs: 32, outputs: DIGITS },
    ])
}

/// The server's model.
pub(crate) fn model(options: &Options) -> Result<Model> {
    let model = Model::load(options.data.join("digits.safetensors"))?;
    if model.architecture() != &architecture()? {
        return Err("digits.safetensors is not the 64-64-32-10 model of this example".into());
    }
    match options.cheat {
        Some(Cheat::WrongModel) => Ok(biased(&model)?),
        _ => Ok(model),
    }
}

/// The same model but for one bias: it sees more of the digit 0.
fn biased(model: &Model) -> Result<Model, ModelError> {
    let last = model.layers().len() - 1;
    let layers = model.layers().iter().enumerate().map(|(index, layer)| match layer {
        Layer::Dense(dense) => {
            let mut bias = dense.bias().to_owned();
            if let Some(bias) = bias.first_mut().filter(|_| index == last) {
                *bias += 1 << 24;
            }
            Ok(Layer::Dense(Dense::new(dense.weights().to_owned(), bias)?))
        }
        &Layer::Relu { shift } => Ok(Layer::Relu { shift }),
        &Layer::Truncate { shift } => Ok(Layer::Truncate { shift }),
    });
    Model::new(layers.collect::<Result<_, _>>()?)
}

/// Reads a file of images, with `logits` logits each.
fn images(path: &Path, logits: usize) -> Result<Vec<Image>> {
    let text = fs::read_to_string(path).map_err(|error| {
        format!(
            "cannot read {}: {error}; --data DIR says where the data is (examples/data in the \
             repository)",
            path.display()
        )
    })?;
    let lines = text.lines().enumerate().skip(1);
    lines
        .map(|(index, line)| {
            image(line, logits).ok_or_else(|| {
                let what = format!("a label, {PIXELS} pixels and {logits} logits");
                format!("{}, line {}: expected {what}", path.display(), index + 1).into()
            })
        })
        .collect()
}

fn image(line: &str, logits: usize) -> Option<Image> {
    let numbers: Vec<i64> =
        line.split(',').map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let (&label, values) = numbers.split_first()?;
    let (pixels, answer) = values.split_at_checked(PIXELS)?;
    let label = usize::try_from(label).ok().filter(|&label| label < DIGITS)?;
    let valid = pixels.iter().all(|pixel| (0..=DARKEST).contains(pixel)) && answer.len() == logits;
    valid.then(|| Image { label, pixels: pixels.to_vec(), logits: answer.to_vec() })
}
