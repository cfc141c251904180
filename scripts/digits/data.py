"""The images, their splits, and the CSV files."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SIDE = 8
MAX_PIXEL = 16
SPLIT_SIZES = {"train": 1000, "checks": 300, "queries": 200, "evaluation": 297}
SPLIT_SEED = 2023


@dataclass(frozen=True)
class Split:
    """Images of one split: `pixels` is [n, 64] in 0..=16, `labels` is [n]."""

    pixels: Ints
    labels: Ints


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


def to_float(pixels: Ints) -> Floats:
    return pixels / MAX_PIXEL


def write_split(path: Path, split: Split, logits: Ints | None) -> None:
    columns = [split.labels[:, None], split.pixels]
    header = ["label"] + [f"p{i}" for i in range(split.pixels.shape[1])]
    if logits is not None:
        columns.append(logits)
        header += logit_names(logits)
    write_csv(path, header, np.hstack(columns))


def write_logits(path: Path, logits: Ints) -> None:
    write_csv(path, logit_names(logits), logits)


def assert_no_image_in_two_splits(splits: dict[str, Split]) -> None:
    """Compares the pixels themselves: one image under two indices counts as the same."""
    owner: dict[bytes, str] = {}
    for name, split in splits.items():
        for image in split.pixels:
            first = owner.setdefault(image.tobytes(), name)
            assert first == name, f"an image is both in {first} and in {name}"


def logit_names(logits: Ints) -> list[str]:
    return [f"l{i}" for i in range(logits.shape[1])]


def write_csv(path: Path, header: list[str], rows: Ints) -> None:
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows.tolist())
