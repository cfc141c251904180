"""The convolutional network in floating point: forward and backward passes, and training.

conv 3x3 (8 channels), ReLU, conv 3x3 (16 channels), ReLU, max-pool 2x2, dense 32, ReLU, dense 10.
Images are [n, channels, height, width]; flattening is in that order.
"""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from digits.data import SIDE, Floats, Ints, Split, to_float

CHANNELS = (8, 16)
KERNEL = 3
PADDING = 1
POOL = 2
HIDDEN = 32
DIGITS = 10
TRAINING_SEED = 0
EPOCHS = 40
BATCH = 32
RATE = 2e-3
DECAY = 1e-2  # of the weights, times the rate, each step


@dataclass(frozen=True)
class FloatLayer:
    """`weight` is [outputs, channels, k, k] or [outputs, inputs], `bias` is [outputs]."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True)
class Network:
    conv1: FloatLayer
    conv2: FloatLayer
    dense1: FloatLayer
    dense2: FloatLayer

    def layers(self) -> list[FloatLayer]:
        return [self.conv1, self.conv2, self.dense1, self.dense2]

    def parameters(self) -> list[Floats]:
        return [values for layer in self.layers() for values in (layer.weight, layer.bias)]


def train(split: Split) -> Network:
    """Adam with decoupled weight decay and a rate that falls linearly to zero.

    One thread, so that sums are always taken in the same order.
    """
    rng = np.random.default_rng(TRAINING_SEED)
    network = initial_network(rng)
    images = to_float(split.pixels)
    steps = EPOCHS * -(-len(images) // BATCH)
    adam = Adam(network.parameters(), steps)
    with threadpool_limits(limits=1):
        for _ in range(EPOCHS):
            order = rng.permutation(len(images))
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                adam.step(gradients(network, images[batch], split.labels[batch]))
    return network


def predict(network: Network, pixels: Ints) -> Ints:
    with threadpool_limits(limits=1):
        logits, _ = forward(network, to_float(pixels))
    return logits.argmax(axis=1)


def initial_network(rng: np.random.Generator) -> Network:
    def layer(*shape: int) -> FloatLayer:
        """He's initialisation, made for ReLU."""
        deviation = np.sqrt(2 / np.prod(shape[1:]))
        return FloatLayer(rng.normal(0, deviation, shape), np.zeros(shape[0]))

    first, second = CHANNELS
    return Network(
        layer(first, 1, KERNEL, KERNEL),
        layer(second, first, KERNEL, KERNEL),
        layer(HIDDEN, second * (SIDE // POOL) ** 2),
        layer(DIGITS, HIDDEN),
    )


class Adam:
    """Updates the parameters it was given in place."""

    def __init__(self, parameters: list[Floats], steps: int) -> None:
        self.parameters = parameters
        self.mean = [np.zeros_like(p) for p in parameters]
        self.square = [np.zeros_like(p) for p in parameters]
        self.steps = steps
        self.done = 0

    def step(self, gradient: list[Floats]) -> None:
        rate = RATE * (1 - self.done / self.steps)
        self.done += 1
        correct1, correct2 = 1 - 0.9**self.done, 1 - 0.999**self.done
        pairs = zip(self.parameters, gradient, self.mean, self.square, strict=True)
        for parameter, g, mean, square in pairs:
            mean += 0.1 * (g - mean)
            square += 0.001 * (g * g - square)
            if parameter.ndim > 1:
                parameter *= 1 - rate * DECAY
            parameter -= rate * (mean / correct1) / (np.sqrt(square / correct2) + 1e-8)


@dataclass(frozen=True)
class Trace:
    """What the backward pass needs from the forward pass."""

    columns1: Floats
    conv1: Floats
    columns2: Floats
    conv2: Floats
    pooled: Floats
    hidden: Floats


def forward(network: Network, images: Floats) -> tuple[Floats, Trace]:
    columns1 = to_columns(images.reshape(-1, 1, SIDE, SIDE))
    conv1 = np.maximum(convolve(columns1, network.conv1), 0)
    columns2 = to_columns(conv1)
    conv2 = np.maximum(convolve(columns2, network.conv2), 0)
    pooled = windows(conv2).max(axis=-1).reshape(len(images), -1)
    hidden = np.maximum(pooled @ network.dense1.weight.T + network.dense1.bias, 0)
    logits = hidden @ network.dense2.weight.T + network.dense2.bias
    return logits, Trace(columns1, conv1, columns2, conv2, pooled, hidden)


def gradients(network: Network, images: Floats, labels: Ints) -> list[Floats]:
    """Of the mean cross-entropy, in the order of `Network.parameters`."""
    logits, trace = forward(network, images)
    d_logits = np.exp(logits - logits.max(axis=1, keepdims=True))
    d_logits /= d_logits.sum(axis=1, keepdims=True)
    d_logits[np.arange(len(labels)), labels] -= 1
    d_logits /= len(labels)
    d_hidden = d_logits @ network.dense2.weight * (trace.hidden > 0)
    d_pooled = d_hidden @ network.dense1.weight
    d_conv2 = unpool(d_pooled, trace.conv2) * (trace.conv2 > 0)
    rows2 = to_rows(d_conv2)
    weight2 = network.conv2.weight
    d_columns2 = rows2 @ weight2.reshape(len(weight2), -1)
    d_conv1 = from_columns(d_columns2, trace.conv1.shape) * (trace.conv1 > 0)
    rows1 = to_rows(d_conv1)
    return [
        (rows1.T @ trace.columns1).reshape(network.conv1.weight.shape),
        rows1.sum(axis=0),
        (rows2.T @ trace.columns2).reshape(weight2.shape),
        rows2.sum(axis=0),
        d_hidden.T @ trace.pooled,
        d_hidden.sum(axis=0),
        d_logits.T @ trace.hidden,
        d_logits.sum(axis=0),
    ]


def convolve(columns: Floats, layer: FloatLayer) -> Floats:
    outputs = len(layer.bias)
    rows = columns @ layer.weight.reshape(outputs, -1).T + layer.bias
    return rows.reshape(-1, SIDE, SIDE, outputs).transpose(0, 3, 1, 2)


def to_columns(images: Floats) -> Floats:
    """im2col: one line per position, [n * height * width, channels * k * k]."""
    padded = np.pad(images, ((0, 0), (0, 0), (PADDING, PADDING), (PADDING, PADDING)))
    views = np.lib.stride_tricks.sliding_window_view(padded, (KERNEL, KERNEL), axis=(2, 3))
    return views.transpose(0, 2, 3, 1, 4, 5).reshape(-1, images.shape[1] * KERNEL * KERNEL)


def from_columns(columns: Floats, shape: tuple[int, ...]) -> Floats:
    """The transpose of `to_columns`: adds every column entry to the value it was copied from."""
    n, channels, height, width = shape
    parts = columns.reshape(n, height, width, channels, KERNEL, KERNEL).transpose(0, 3, 1, 2, 4, 5)
    padded = np.zeros((n, channels, height + 2 * PADDING, width + 2 * PADDING))
    for row in range(KERNEL):
        for column in range(KERNEL):
            padded[:, :, row : row + height, column : column + width] += parts[..., row, column]
    return padded[:, :, PADDING:-PADDING, PADDING:-PADDING]


def to_rows(images: Floats) -> Floats:
    return images.transpose(0, 2, 3, 1).reshape(-1, images.shape[1])


def windows(images: Floats) -> Floats:
    """The values of each pooling window on the last axis."""
    n, channels, height, width = images.shape
    split = images.reshape(n, channels, height // POOL, POOL, width // POOL, POOL)
    shape = (n, channels, height // POOL, width // POOL, POOL * POOL)
    return split.transpose(0, 1, 2, 4, 3, 5).reshape(shape)


def unpool(gradient: Floats, images: Floats) -> Floats:
    """Sends each gradient to the first largest value of its window."""
    values = windows(images)
    spread = np.zeros_like(values)
    first = values.argmax(axis=-1)[..., None]
    np.put_along_axis(spread, first, gradient.reshape(first.shape), axis=-1)
    n, channels, rows, columns, _ = values.shape
    split = spread.reshape(n, channels, rows, columns, POOL, POOL).transpose(0, 1, 2, 4, 3, 5)
    return split.reshape(images.shape)
