"""The 64-64-32-10 ReLU network: training, fixed point, reference answers, file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from digits.data import MAX_PIXEL, Floats, Ints, Split, to_float
from digits.model_file import Tensors, layer_tensors, write_tensors

FRACTION_BITS = 12
HIDDEN = (64, 32)
TRAINING_SEED = 0


@dataclass(frozen=True)
class IntegerLayer:
    """`weight` is [outputs, inputs] at scale 2^12, `bias` is [outputs] at scale 2^24."""

    weight: Ints
    bias: Ints


def train(split: Split) -> MLPClassifier:
    """Trains in floating point; one thread, so that sums are always taken in the same order."""
    classifier = MLPClassifier(
        hidden_layer_sizes=HIDDEN,
        activation="relu",
        solver="adam",
        alpha=0.01,
        batch_size=32,
        max_iter=400,
        random_state=TRAINING_SEED,
    )
    with threadpool_limits(limits=1):
        classifier.fit(to_float(split.pixels), split.labels)
    assert list(classifier.classes_) == list(range(10)), "output i must stand for digit i"
    return classifier


def quantise(classifier: MLPClassifier) -> list[IntegerLayer]:
    pairs = zip(classifier.coefs_, classifier.intercepts_, strict=True)
    return [
        IntegerLayer(fixed_point(weight.T, FRACTION_BITS), fixed_point(bias, 2 * FRACTION_BITS))
        for weight, bias in pairs
    ]


def integer_logits(layers: list[IntegerLayer], pixels: Ints) -> Ints:
    """The reference answers: [n, 10] at scale 2^24, in integers only.

    A hidden layer is y = max(W x + b, 0) >> 12, which brings scale 2^24 back to 2^12 and rounds
    down. The last layer is W x + b.
    """
    x = to_integer(pixels)
    for layer in layers[:-1]:
        x = np.maximum(x @ layer.weight.T + layer.bias, 0) >> FRACTION_BITS
    return x @ layers[-1].weight.T + layers[-1].bias


def write_model(path: Path, layers: list[IntegerLayer]) -> None:
    tensors: Tensors = {}
    for i, layer in enumerate(layers):
        tensors |= layer_tensors(i, layer.weight, layer.bias)
    metadata = {
        "format": "fusion-model-1",
        "fraction_bits": str(FRACTION_BITS),
        "activation": "relu",
    }
    write_tensors(path, tensors, metadata)


def to_integer(pixels: Ints) -> Ints:
    """The same value at scale 2^12: pixel * 256."""
    return pixels * ((1 << FRACTION_BITS) // MAX_PIXEL)


def fixed_point(values: Floats, bits: int) -> Ints:
    """Scales by 2^bits and rounds to the nearest integer, half to even."""
    return np.rint(np.ldexp(values, bits)).astype(np.int64)
