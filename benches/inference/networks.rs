//! The networks, with random weights, and random queries for them.

use clap::ValueEnum;
use fusion_backends::model::{Architecture, InputRange, Model, networks};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::Result;

pub(crate) const PIXELS: InputRange = InputRange { low: 0, high: 255 };
const SEED: u64 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// 784-128-128-10, fully connected
    Dnn784,
    /// LeNet-5, 28x28
    Lenet5,
    /// The seven convolutions of MiniONN, 32x32
    Minionn,
    /// SqueezeNet, 227x227
    Squeezenet,
    /// ResNet-50, 224x224
    Resnet50,
}

impl Which {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dnn784 => "dnn784",
            Self::Lenet5 => "lenet5",
            Self::Minionn => "minionn",
            Self::Squeezenet => "squeezenet",
            Self::Resnet50 => "resnet50",
        }
    }

    /// Whether hundreds of executions are a matter of seconds.
    pub(crate) fn is_small(self) -> bool {
        matches!(self, Self::Dnn784 | Self::Lenet5)
    }

    pub(crate) fn architecture(self) -> Result<Architecture> {
        Ok(match self {
            Self::Dnn784 => networks::dense(&[784, 128, 128, 10]),
            Self::Lenet5 => networks::lenet5(),
            Self::Minionn => networks::minionn(),
            Self::Squeezenet => networks::squeezenet(),
            Self::Resnet50 => networks::resnet50(),
        }?)
    }

    pub(crate) fn model(self) -> Result<Model> {
        Ok(networks::random(&self.architecture()?, SEED))
    }

    pub(crate) fn queries(self, count: usize, width: usize) -> Vec<Vec<i64>> {
        let mut rng = StdRng::seed_from_u64(SEED);
        let mut value = || rng.random_range(PIXELS.low..=PIXELS.high);
        (0..count).map(|_| (0..width).map(|_| value()).collect()).collect()
    }
}
