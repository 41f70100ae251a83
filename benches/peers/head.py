"""Head files, as far as the comparison needs them: a trunk of junctions in integers.

The format is that of docs/heads.md, the arithmetic that of docs/numerics.md.
"""

import dataclasses
import json
import pathlib
import tomllib

import numpy as np

DTYPES = {
    "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "U8": "u1", "BOOL": "u1",
    "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Format:
    """An integer of `bits` bits that stands for itself times 2^-frac."""

    bits: int
    frac: int
    signed: bool

    @property
    def limits(self):
        """The smallest and the largest code."""
        low = -(1 << (self.bits - 1)) if self.signed else 0
        return low, low + (1 << self.bits) - 1

    @property
    def kif(self):
        """Sign bits, integer bits without the sign, fractional bits: what the peers say."""
        return int(self.signed), self.bits - int(self.signed) - self.frac, self.frac


@dataclasses.dataclass(frozen=True)
class Junction:
    weights: np.ndarray  # [N_r, N_l], codes; 0 where there is no edge
    biases: np.ndarray  # [N_r], at the accumulator's scale
    weight_frac: int
    acc_frac: int
    output: Format | None  # None: the accumulators go out
    rectify: bool  # where `output` does not do that by itself


@dataclasses.dataclass(frozen=True)
class Head:
    name: str
    neurons: int
    input: Format
    junctions: tuple[Junction, ...]


def tensors(path):
    """What a safetensors file holds, by name."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    body, found = data[8 + size :], {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in DTYPES:
            raise ValueError(f"{path}: {name} is {entry['dtype']}; known are {', '.join(DTYPES)}")
        first, last = entry["data_offsets"]
        values = np.frombuffer(body[first:last], DTYPES[entry["dtype"]])
        found[name] = values.reshape(entry["shape"])
    return found


def codes(values, frac, limits=None):
    """Integers as they are; floats rounded half to even, and saturated where there are limits."""
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    rounded = np.rint(values.astype(np.float64) * 2.0**frac)
    return (rounded if limits is None else rounded.clip(*limits)).astype(np.int64)


def load(path):
    """The head of a head.toml, or of the folder that holds one."""
    path = pathlib.Path(path)
    path = path / "head.toml" if path.is_dir() else path
    with path.open("rb") as file:
        table = tomllib.load(file)
    for key in ("exit", "split"):
        if key in table:
            raise ValueError(f"{path} has [{key}]; peers have none, so only plain heads compare")
    found = tensors(path.parent / table["weights"])
    inputs = Format(**table["input"]["format"])
    junctions, frac = [], inputs.frac
    for entry in table["junction"]:
        weight = Format(**entry["weight_format"], signed=True)
        weights = codes(found[entry["weight"]], weight.frac, weight.limits)
        if "mask" in entry:
            weights = weights * (found[entry["mask"]] != 0)
        acc_frac = weight.frac + frac
        biases = codes(found[entry["bias"]], acc_frac)
        output = Format(**entry["output_format"]) if "output_format" in entry else None
        rectify = output is not None and output.signed and entry["activation"] == "relu"
        junctions.append(Junction(weights, biases, weight.frac, acc_frac, output, rectify))
        frac = output and output.frac
    return Head(table["name"], table["input"]["neurons"], inputs, tuple(junctions))
