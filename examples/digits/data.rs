//! The digits, the checks and the model.

use std::{fs, path::Path};

use fusion::Check;
use fusion_backends::{
    cheetah::Description,
    model::{
        Architecture, ConvolutionShape, LayerShape, Linear, Model, ModelError, PoolShape, argmax,
    },
};

use crate::{Cheat, Network, Options, Result};

pub(crate) const SIDE: usize = 8;
pub(crate) const DARKEST: i64 = 16;
const PIXELS: usize = SIDE * SIDE;
const DIGITS: usize = 10;

pub(crate) struct Image {
    pub(crate) label: usize,
    pub(crate) pixels: Vec<i64>,
    /// The reference model's answer; empty in the queries.
    logits: Vec<i64>,
}

pub(crate) struct Data {
    network: Network,
    pub(crate) checks: Vec<Image>,
    queries: Vec<Image>,
}

impl Image {
    /// Whether the reference model recognises it.
    pub(crate) fn is_recognised(&self) -> bool {
        argmax(&self.logits) == Some(self.label)
    }
}

impl Data {
    pub(crate) fn load(folder: &Path, network: Network) -> Result<Self> {
        let mut checks = images(&folder.join("digits_checks.csv"), DIGITS)?;
        if network == Network::Cnn {
            let path = folder.join("digits_cnn_checks.csv");
            let answers = table(&path, |numbers| {
                (numbers.len() == DIGITS).then_some(numbers).ok_or("10 logits".into())
            })?;
            if answers.len() != checks.len() {
                return Err(format!("{} is not one line for each check", path.display()).into());
            }
            checks.iter_mut().zip(answers).for_each(|(check, answer)| check.logits = answer);
        }
        Ok(Self { network, checks, queries: images(&folder.join("digits_queries.csv"), 0)? })
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

    /// What the model takes.
    pub(crate) fn input(&self, image: &Image) -> Vec<i64> {
        image.pixels.iter().map(|pixel| pixel * scale(self.network)).collect()
    }

    /// Samples whose exact answers the client knows: an honest server fails none.
    pub(crate) fn checks<A: PartialEq + 'static>(
        &self,
        answer: fn(Vec<i64>) -> A,
    ) -> Vec<Check<Vec<i64>, A>> {
        let check =
            |image: &Image| Check::model_answer(self.input(image), answer(image.logits.clone()));
        self.checks.iter().map(check).collect()
    }
}

/// What a pixel is multiplied by: pixel / 16 at scale 2^12, or all of 8 bits.
fn scale(network: Network) -> i64 {
    match network {
        Network::Dense => 256,
        Network::Cnn => 15,
    }
}

/// What the client of the backend cheetah knows of the model: the description that its vendor published.
pub(crate) fn description(options: &Options) -> Result<Description> {
    let file = match options.model {
        Network::Dense => "digits.description.json",
        Network::Cnn => "digits_cnn.description.json",
    };
    let path = options.data.join(file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// What the client of another backend knows of the model.
pub(crate) fn architecture(network: Network) -> Result<Architecture, ModelError> {
    let dense = |inputs, outputs| LayerShape::Dense { inputs, outputs };
    Architecture::new(match network {
        Network::Dense => {
            let relu = |width| LayerShape::Relu { width, shift: 12 };
            vec![dense(PIXELS, 64), relu(64), dense(64, 32), relu(32), dense(32, DIGITS)]
        }
        Network::Cnn => {
            let clamp = |width, shift| LayerShape::Clamp { width, shift, bits: 8 };
            let pool = PoolShape {
                channels: 16,
                height: SIDE,
                width: SIDE,
                kernel: 2,
                stride: 2,
                padding: 0,
            };
            vec![
                convolution(1, 8),
                clamp(8 * PIXELS, 8),
                convolution(8, 16),
                clamp(16 * PIXELS, 8),
                LayerShape::MaxPool(pool),
                dense(256, 32),
                clamp(32, 9),
                dense(32, DIGITS),
            ]
        }
    })
}

/// 3x3, as large as the image.
fn convolution(channels: usize, outputs: usize) -> LayerShape {
    LayerShape::Convolution(ConvolutionShape {
        channels,
        outputs,
        height: SIDE,
        width: SIDE,
        kernel: 3,
        stride: 1,
        padding: 1,
        groups: 1,
    })
}

/// The server's model.
pub(crate) fn model(options: &Options) -> Result<Model> {
    let file = match options.model {
        Network::Dense => "digits.safetensors",
        Network::Cnn => "digits_cnn.safetensors",
    };
    let model = Model::load(options.data.join(file))?;
    if model.architecture() != &architecture(options.model)? {
        return Err(format!("{file} is not the model of this example").into());
    }
    match options.cheat {
        Some(Cheat::WrongModel) => Ok(biased(&model, options.model)?),
        _ => Ok(model),
    }
}

/// The same model but for one bias: it sees the digit 0 in everything.
fn biased(model: &Model, network: Network) -> Result<Model, ModelError> {
    let architecture = model.architecture();
    let layers = architecture.nodes().len();
    let excess = match network {
        Network::Dense => 1 << 29,
        Network::Cnn => 1 << 17,
    };
    let linear = (0..layers).filter_map(|layer| {
        let linear = model.linear(layer)?;
        let mut bias = linear.bias().to_vec();
        if let Some(bias) = bias.first_mut().filter(|_| layer + 1 == layers) {
            *bias += excess;
        }
        Some(Linear::new(linear.weights().to_vec(), bias))
    });
    Model::graph(architecture.clone(), linear.collect())
}

/// Reads a file of images, with `logits` logits each.
fn images(path: &Path, logits: usize) -> Result<Vec<Image>> {
    table(path, |numbers| {
        let expected = || format!("a label, {PIXELS} pixels and {logits} logits");
        image(&numbers, logits).ok_or_else(expected)
    })
}

/// Reads a file of numbers, a line at a time; `read` says what it expects instead.
fn table<T>(path: &Path, read: impl Fn(Vec<i64>) -> Result<T, String>) -> Result<Vec<T>> {
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
            let numbers = line.split(',').map(|field| field.parse().ok()).collect::<Option<_>>();
            let numbers = numbers.ok_or("numbers".to_owned());
            let wrong = |what| format!("{}, line {}: expected {what}", path.display(), index + 1);
            Ok(numbers.and_then(&read).map_err(wrong)?)
        })
        .collect()
}

fn image(numbers: &[i64], logits: usize) -> Option<Image> {
    let (&label, values) = numbers.split_first()?;
    let (pixels, answer) = values.split_at_checked(PIXELS)?;
    let label = usize::try_from(label).ok().filter(|&label| label < DIGITS)?;
    let valid = pixels.iter().all(|pixel| (0..=DARKEST).contains(pixel)) && answer.len() == logits;
    valid.then(|| Image { label, pixels: pixels.to_vec(), logits: answer.to_vec() })
}
