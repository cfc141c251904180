#!/usr/bin/env python3
"""Trains the example model on handwritten digits and writes it as integers.

The result is `digits.safetensors` (a 64-64-32-10 ReLU network in fixed point) and one CSV file
per split. The logits in the CSV files come from the integer model below, which is independent of
the one in Rust. The formats are described in `examples/data/README.md`.

Every random choice has a fixed seed: the same versions (`requirements.txt`) on the same kind of
processor write the same bytes.
"""

import argparse
import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Tensors = dict[str, npt.NDArray[np.integer]]

FRACTION_BITS = 12
MAX_PIXEL = 16
HIDDEN = (64, 32)
SPLIT_SIZES = {"train": 1000, "checks": 300, "queries": 200, "evaluation": 297}
WITH_LOGITS = ("checks", "evaluation")
SPLIT_SEED = 2023
TRAINING_SEED = 0
DEFAULT_OUT = Path(__file__).resolve().parent.parent / "examples" / "data"


@dataclass(frozen=True)
class Split:
    """Images of one split: `pixels` is [n, 64] in 0..=16, `labels` is [n]."""

    pixels: Ints
    labels: Ints


@dataclass(frozen=True)
class IntegerLayer:
    """`weight` is [outputs, inputs] at scale 2^12, `bias` is [outputs] at scale 2^24."""

    weight: Ints
    bias: Ints


def main() -> None:
    out = parse_arguments().out
    out.mkdir(parents=True, exist_ok=True)
    splits = load_splits()
    classifier = train(splits["train"])
    layers = quantise(classifier)
    write_model(out / "digits.safetensors", layers)
    for name, split in splits.items():
        logits = integer_logits(layers, split.pixels) if name in WITH_LOGITS else None
        write_split(out / f"digits_{name}.csv", split, logits)
    print_accuracies(splits, classifier, layers)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train the digits model, quantise it, and write it with its data splits."
    )
    parser.add_argument(
        "--out", type=Path, default=DEFAULT_OUT, help="folder to write to (default: %(default)s)"
    )
    return parser.parse_args()


def load_splits() -> dict[str, Split]:
    """Shuffles the 1,797 images once and cuts them into disjoint splits."""
    digits = load_digits()
    pixels = digits.data.astype(np.int64)
    labels = digits.target.astype(np.int64)
    assert np.array_equal(pixels, digits.data), "pixels must be integers"
    assert pixels.min() >= 0 and pixels.max() <= MAX_PIXEL, "pixels must be in 0..=16"
    assert sum(SPLIT_SIZES.values()) == len(pixels), "the splits must use every image once"
    order = np.random.default_rng(SPLIT_SEED).permutation(len(pixels))
    cuts = np.cumsum(list(SPLIT_SIZES.values()))[:-1]
    parts = np.split(order, cuts)
    splits = {n: Split(pixels[p], labels[p]) for n, p in zip(SPLIT_SIZES, parts, strict=True)}
    assert_no_image_in_two_splits(splits)
    return splits


def assert_no_image_in_two_splits(splits: dict[str, Split]) -> None:
    """Compares the pixels themselves: one image under two indices counts as the same."""
    owner: dict[bytes, str] = {}
    for name, split in splits.items():
        for image in split.pixels:
            first = owner.setdefault(image.tobytes(), name)
            assert first == name, f"an image is both in {first} and in {name}"


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


def to_float(pixels: Ints) -> Floats:
    return pixels / MAX_PIXEL


def to_integer(pixels: Ints) -> Ints:
    """The same value at scale 2^12: pixel * 256."""
    return pixels * ((1 << FRACTION_BITS) // MAX_PIXEL)


def quantise(classifier: MLPClassifier) -> list[IntegerLayer]:
    pairs = zip(classifier.coefs_, classifier.intercepts_, strict=True)
    return [
        IntegerLayer(fixed_point(weight.T, FRACTION_BITS), fixed_point(bias, 2 * FRACTION_BITS))
        for weight, bias in pairs
    ]


def fixed_point(values: Floats, bits: int) -> Ints:
    """Scales by 2^bits and rounds to the nearest integer, half to even."""
    return np.rint(np.ldexp(values, bits)).astype(np.int64)


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
        assert np.abs(layer.weight).max() < 2**31, "weights must fit I32"
        tensors[f"layers.{i}.weight"] = np.ascontiguousarray(layer.weight, dtype=np.int32)
        tensors[f"layers.{i}.bias"] = layer.bias
    metadata = {
        "format": "fusion-model-1",
        "fraction_bits": str(FRACTION_BITS),
        "activation": "relu",
    }
    path.write_bytes(with_sorted_header(save(tensors, metadata=metadata)))
    assert_readable(path, tensors, metadata)


def with_sorted_header(file: bytes) -> bytes:
    """Sorts the JSON header, whose metadata the library writes in random order."""
    start = 8
    end = start + int.from_bytes(file[:start], "little")
    header = json.dumps(json.loads(file[start:end]), sort_keys=True, separators=(",", ":"))
    header += " " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header.encode() + file[end:]


def assert_readable(path: Path, tensors: Tensors, metadata: dict[str, str]) -> None:
    with safe_open(path, framework="numpy") as file:
        assert file.metadata() == metadata
        assert set(file.keys()) == set(tensors)
        for name, tensor in tensors.items():
            assert np.array_equal(file.get_tensor(name), tensor), f"{name} changed on disk"


def write_split(path: Path, split: Split, logits: Ints | None) -> None:
    columns = [split.labels[:, None], split.pixels]
    header = ["label"] + [f"p{i}" for i in range(split.pixels.shape[1])]
    if logits is not None:
        columns.append(logits)
        header += [f"l{i}" for i in range(logits.shape[1])]
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(np.hstack(columns).tolist())


def print_accuracies(
    splits: dict[str, Split], classifier: MLPClassifier, layers: list[IntegerLayer]
) -> None:
    """Prints the table of `examples/data/README.md`."""
    print("| split | images | float model, correct | integer model, correct |")
    print("| --- | --- | --- | --- |")
    for name, split in splits.items():
        by_float = classifier.predict(to_float(split.pixels))
        by_integer = integer_logits(layers, split.pixels).argmax(axis=1)
        cells = [share(answers, split.labels) for answers in (by_float, by_integer)]
        print(f"| {name} | {len(split.labels)} | {cells[0]} | {cells[1]} |")


def share(answers: Ints, labels: Ints) -> str:
    correct = int((answers == labels).sum())
    return f"{correct} ({100 * correct / len(labels):.2f}%)"


if __name__ == "__main__":
    main()
