#!/usr/bin/env python3
"""Trains the example models on handwritten digits and writes them as integers.

The results are `digits.safetensors` (a 64-64-32-10 ReLU network in fixed point), one CSV file per
split, `digits_cnn.safetensors` (a convolutional network in 8 bits) and its logits. The logits in
the CSV files come from the integer models in `digits/`, which are independent of those in Rust.
The formats are described in `examples/data/README.md`.

Every random choice has a fixed seed: the same versions (`requirements.txt`) on the same kind of
processor write the same bytes.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from digits import convolutional, dense, integer_network
from digits.data import Ints, Split, load_splits, to_float, write_logits, write_split

WITH_LOGITS = ("checks", "evaluation")
DEFAULT_OUT = Path(__file__).resolve().parent.parent / "examples" / "data"

Answers = Callable[[Ints], Ints]


def main() -> None:
    out = parse_arguments().out
    out.mkdir(parents=True, exist_ok=True)
    splits = load_splits()
    make_dense(out, splits)
    make_convolutional(out, splits)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train the digits models, quantise them, and write them with the data splits."
    )
    parser.add_argument(
        "--out", type=Path, default=DEFAULT_OUT, help="folder to write to (default: %(default)s)"
    )
    return parser.parse_args()


def make_dense(out: Path, splits: dict[str, Split]) -> None:
    classifier = dense.train(splits["train"])
    layers = dense.quantise(classifier)
    dense.write_model(out / "digits.safetensors", layers)
    for name, split in splits.items():
        logits = dense.integer_logits(layers, split.pixels) if name in WITH_LOGITS else None
        write_split(out / f"digits_{name}.csv", split, logits)
    print_accuracies(
        splits,
        lambda pixels: classifier.predict(to_float(pixels)),
        lambda pixels: dense.integer_logits(layers, pixels).argmax(axis=1),
    )


def make_convolutional(out: Path, splits: dict[str, Split]) -> None:
    network = convolutional.train(splits["train"])
    layers = integer_network.quantise(network, splits["train"].pixels)
    integer_network.write_model(out / "digits_cnn.safetensors", layers)
    for name in WITH_LOGITS:
        logits = integer_network.integer_logits(layers, splits[name].pixels)
        write_logits(out / f"digits_cnn_{name}.csv", logits)
    print_accuracies(
        splits,
        lambda pixels: convolutional.predict(network, pixels),
        lambda pixels: integer_network.integer_logits(layers, pixels).argmax(axis=1),
    )
    print_layers(layers)


def print_accuracies(splits: dict[str, Split], by_float: Answers, by_integer: Answers) -> None:
    """Prints a table of `examples/data/README.md`."""
    print("| split | images | float model, correct | integer model, correct |")
    print("| --- | --- | --- | --- |")
    for name, split in splits.items():
        cells = [share(answer(split.pixels), split.labels) for answer in (by_float, by_integer)]
        print(f"| {name} | {len(split.labels)} | {cells[0]} | {cells[1]} |")
    print()


def print_layers(layers: list[integer_network.Layer]) -> None:
    """Prints what the layers' accumulators need at worst, and the calibrated shifts."""
    print("| layer | largest accumulator | bits with sign | shift |")
    print("| --- | --- | --- | --- |")
    for i, layer in enumerate(layers):
        if isinstance(layer, integer_network.Linear):
            bound = integer_network.accumulator_bound(layer)
            kind = type(layer).__name__.lower()
            print(f"| {i}, {kind} | {bound} | {bound.bit_length() + 1} | |")
        elif isinstance(layer, integer_network.Clamp):
            print(f"| {i}, clamp | | | {layer.shift} |")


def share(answers: Ints, labels: Ints) -> str:
    correct = int((answers == labels).sum())
    return f"{correct} ({100 * correct / len(labels):.2f}%)"


if __name__ == "__main__":
    main()
