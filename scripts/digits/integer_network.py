"""The convolutional network in integers: quantisation, reference answers, file.

Everything after quantisation is int64 and exact. The convolution here adds shifted images and
shares no code with the one used for training.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digits.convolutional import KERNEL, PADDING, POOL, FloatLayer, Network
from digits.data import MAX_PIXEL, SIDE, Floats, Ints
from digits.model_file import Tensors, layer_tensors, write_tensors

BITS = 8
INPUT_SCALE = 15  # pixel * 15 is in 0..=240
MAX_WEIGHT = 127
MAX_ACCUMULATOR = 1 << 30
# Share of a layer's positive values on the training split that may exceed the clamp.
SATURATED = 0.001


@dataclass(frozen=True)
class Convolution:
    """y = W * x + b, a cross-correlation with zero padding.

    `weight` is [outputs, channels, k, k].
    """

    weight: Ints
    bias: Ints

    def apply(self, x: Ints) -> Ints:
        n, _, height, width = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (PADDING, PADDING), (PADDING, PADDING)))
        y = np.zeros((n, height, width, len(self.bias)), dtype=np.int64) + self.bias
        for row in range(KERNEL):
            for column in range(KERNEL):
                moved = padded[:, :, row : row + height, column : column + width]
                y += np.moveaxis(moved, 1, -1) @ self.weight[:, :, row, column].T
        return np.moveaxis(y, -1, 1)

    def describe(self, shape: tuple[int, ...]) -> dict[str, object]:
        channels, height, width = shape
        return {
            "kind": "convolution",
            "channels": channels,
            "outputs": len(self.bias),
            "height": height,
            "width": width,
            "kernel": KERNEL,
            "stride": 1,
            "padding": PADDING,
            "groups": 1,
        }


@dataclass(frozen=True)
class Dense:
    """y = W x + b on the flattened input. `weight` is [outputs, inputs]."""

    weight: Ints
    bias: Ints

    def apply(self, x: Ints) -> Ints:
        return x.reshape(len(x), -1) @ self.weight.T + self.bias

    def describe(self, shape: tuple[int, ...]) -> dict[str, object]:
        return {"kind": "dense", "inputs": int(np.prod(shape)), "outputs": len(self.bias)}


@dataclass(frozen=True)
class Clamp:
    """y = min(floor(max(x, 0) / 2^shift), 2^8 - 1)."""

    shift: int

    def apply(self, x: Ints) -> Ints:
        return np.minimum(np.maximum(x, 0) >> self.shift, (1 << BITS) - 1)

    def describe(self, shape: tuple[int, ...]) -> dict[str, object]:
        width = int(np.prod(shape))
        return {"kind": "clamp", "width": width, "shift": self.shift, "bits": BITS}


@dataclass(frozen=True)
class MaxPool:
    """The largest value of each window; the windows do not overlap."""

    def apply(self, x: Ints) -> Ints:
        corners = [x[:, :, r::POOL, c::POOL] for r in range(POOL) for c in range(POOL)]
        return np.maximum.reduce(corners)

    def describe(self, shape: tuple[int, ...]) -> dict[str, object]:
        channels, height, width = shape
        return {
            "kind": "max_pool",
            "channels": channels,
            "height": height,
            "width": width,
            "kernel": POOL,
            "stride": POOL,
            "padding": 0,
        }


Linear = Convolution | Dense
Layer = Linear | Clamp | MaxPool


def quantise(network: Network, train_pixels: Ints) -> list[Layer]:
    """Rounds layer by layer; each clamp's shift comes from the integers that reach it.

    `scale` is what a real value of the float network is multiplied by at that point. Weights take
    the largest power of two that keeps them in 8 bits, biases the accumulator's scale.
    """
    layers: list[Layer] = []
    x = to_integer(train_pixels)
    scale = float(INPUT_SCALE * MAX_PIXEL)

    def add(layer: Layer) -> None:
        nonlocal x
        layers.append(layer)
        x = layer.apply(x)

    def add_linear(kind: type[Convolution] | type[Dense], layer: FloatLayer) -> None:
        nonlocal scale
        bits = weight_bits(layer.weight)
        scale = float(np.ldexp(scale, bits))
        add(kind(rounded(np.ldexp(layer.weight, bits)), rounded(layer.bias * scale)))

    def add_clamp() -> None:
        nonlocal scale
        shift = calibrated_shift(x)
        scale = float(np.ldexp(scale, -shift))
        add(Clamp(shift))

    add_linear(Convolution, network.conv1)
    add_clamp()
    add_linear(Convolution, network.conv2)
    add_clamp()
    add(MaxPool())
    add_linear(Dense, network.dense1)
    add_clamp()
    add_linear(Dense, network.dense2)
    for layer in layers:
        if isinstance(layer, Linear):
            assert np.abs(layer.weight).max() <= MAX_WEIGHT, "weights must fit 8 bits"
            assert accumulator_bound(layer) < MAX_ACCUMULATOR, "accumulators must fit 31 bits"
    return layers


def integer_logits(layers: list[Layer], pixels: Ints) -> Ints:
    """The reference answers: [n, 10] at the last accumulator's scale."""
    x = to_integer(pixels)
    for layer in layers:
        x = layer.apply(x)
    return x


def accumulator_bound(layer: Linear) -> int:
    """The largest |W x + b| of any output, whatever 8-bit x is."""
    sums = np.abs(layer.weight).reshape(len(layer.bias), -1).sum(axis=1)
    return int((sums * ((1 << BITS) - 1) + np.abs(layer.bias)).max())


def write_model(path: Path, layers: list[Layer]) -> None:
    tensors: Tensors = {}
    for i, layer in enumerate(layers):
        if isinstance(layer, Linear):
            tensors |= layer_tensors(i, layer.weight, layer.bias)
    metadata = {
        "format": "fusion-model-2",
        "input_bits": str(BITS),
        "input_scale": str(INPUT_SCALE),
        "layers": json.dumps(descriptions(layers), sort_keys=True, separators=(",", ":")),
    }
    write_tensors(path, tensors, metadata)


def descriptions(layers: list[Layer]) -> list[dict[str, object]]:
    """One object per layer, with the shape of the input that reaches it."""
    x = to_integer(np.zeros((1, SIDE * SIDE), dtype=np.int64))
    described = []
    for layer in layers:
        described.append(layer.describe(x.shape[1:]))
        x = layer.apply(x)
    return described


def to_integer(pixels: Ints) -> Ints:
    """[n, 1, 8, 8], 8 bits."""
    return (pixels * INPUT_SCALE).reshape(-1, 1, SIDE, SIDE)


def weight_bits(weight: Floats) -> int:
    """The largest e with |weight| * 2^e <= 127."""
    return int(np.floor(np.log2(MAX_WEIGHT / np.abs(weight).max())))


def calibrated_shift(x: Ints) -> int:
    """The smallest shift that leaves almost all positive values under the clamp."""
    positive = x[x > 0]
    shift = 0
    while ((positive >> shift) >= 1 << BITS).mean() > SATURATED:
        shift += 1
    return shift


def rounded(values: Floats) -> Ints:
    """To the nearest integer, half to even."""
    return np.rint(values).astype(np.int64)
