"""Safetensors files whose bytes depend on their content only."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save

from digits.data import Ints

Tensors = dict[str, npt.NDArray[np.integer]]


def layer_tensors(index: int, weight: Ints, bias: Ints) -> Tensors:
    assert np.abs(weight).max() < 2**31, "weights must fit I32"
    return {
        f"layers.{index}.weight": np.ascontiguousarray(weight, dtype=np.int32),
        f"layers.{index}.bias": bias,
    }


def write_tensors(path: Path, tensors: Tensors, metadata: dict[str, str]) -> None:
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
