//! The networks, with random weights, and random queries for them.

use clap::ValueEnum;
use fusion_backends::model::{
    Architecture, Model,
    networks::{self, PIXELS},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

const SEED: u64 = 1;
const DNN: &[usize] = &[784, 128, 128, 10];

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

    pub(crate) fn architecture(self) -> Architecture {
        match self {
            Self::Dnn784 => networks::dnn_architecture(DNN),
            Self::Lenet5 => networks::lenet5_architecture(),
            Self::Minionn => networks::minionn_cifar10_architecture(),
            Self::Squeezenet => networks::squeezenet_architecture(),
            Self::Resnet50 => networks::resnet50_architecture(),
        }
    }

    pub(crate) fn model(self) -> Model {
        match self {
            Self::Dnn784 => networks::dnn(DNN, SEED),
            Self::Lenet5 => networks::lenet5(SEED),
            Self::Minionn => networks::minionn_cifar10(SEED),
            Self::Squeezenet => networks::squeezenet(SEED),
            Self::Resnet50 => networks::resnet50(SEED),
        }
    }

    pub(crate) fn queries(self, count: usize, width: usize) -> Vec<Vec<i64>> {
        let mut rng = StdRng::seed_from_u64(SEED);
        let mut value = || rng.random_range(PIXELS.low..=PIXELS.high);
        (0..count).map(|_| (0..width).map(|_| value()).collect()).collect()
    }
}
