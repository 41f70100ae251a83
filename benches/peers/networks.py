"""The same network in da4ml and in alkaid: built, written as Verilog, emulated.

Both take numpy expressions over arrays of symbols. Values are fixed-point numbers, as the head's
codes stand for them; `RND` is the head's rounding, half up, and `SAT` its clamp.
"""

import dataclasses
import pathlib
import time
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Peer:
    """A network that a peer compiled."""

    name: str
    folder: pathlib.Path
    seconds: float  # from the head's integers to Verilog files
    options: str
    stages: int  # of combinational logic between registers
    verilog: list[pathlib.Path]
    emulate: Callable  # codes of frames -> logits, integers
    top: str = "peer"


def forward(head, inputs, quantize, relu):
    """The head's arithmetic on a peer's symbols."""
    values = inputs
    for junction in head.junctions:
        weights = junction.weights.T * 2.0**-junction.weight_frac
        values = values @ weights + junction.biases * 2.0**-junction.acc_frac
        if junction.output is not None:
            if junction.rectify:
                values = relu(values)
            values = quantize(values, *junction.output.kif, "SAT", "RND")
    return values


def emulation(head, logic):
    """`predict` of the peers is their interpreter of what they compiled."""
    scale = 2.0 ** head.junctions[-1].acc_frac

    def emulate(frames):
        logits = logic.predict(frames * 2.0**-head.input.frac) * scale
        assert (logits == np.rint(logits)).all(), "logits with more fraction than the accumulators"
        return logits.astype(np.int64)

    return emulate


def options(delay, cutoff):
    return f"delay constraint {'none' if delay < 0 else delay}, latency cutoff {cutoff:g}"


def symbols(head, array, hardware, delay):
    """The inputs."""
    kif = [np.full(head.neurons, part) for part in head.input.kif]
    return array.from_kif(*kif, hardware, solver_options={"hard_dc": delay})


def with_da4ml(name, head, folder, delay, cutoff):
    """da4ml, called as its own `convert` does."""
    from da4ml.codegen import RTLModel
    from da4ml.trace import FixedVariableArray, HWConfig, comb_trace
    from da4ml.trace.ops import quantize, relu

    start = time.perf_counter()
    inputs = symbols(head, FixedVariableArray, HWConfig(1, -1, -1), delay)
    logic = comb_trace(inputs, forward(head, inputs, quantize, relu))
    model = RTLModel(logic, "peer", folder, latency_cutoff=cutoff)
    model.write()
    seconds = time.perf_counter() - start
    return Peer(
        name,
        folder,
        seconds,
        options(delay, cutoff),
        len(list(folder.glob("src/peer_stage*.v"))),
        written(folder),
        emulation(head, logic),
    )


def with_alkaid(name, head, folder, delay, cutoff):
    """alkaid, called as its own `convert` does."""
    from alkaid.codegen import RTLModel
    from alkaid.trace import FVArray, HWConfig, trace
    from alkaid.trace.ops import quantize, relu

    start = time.perf_counter()
    inputs = symbols(head, FVArray, HWConfig(1, 1, -1), delay)
    logic = trace(inputs, forward(head, inputs, quantize, relu))
    model = RTLModel(logic, folder, "peer", latency_cutoff=cutoff)
    model.write()
    seconds = time.perf_counter() - start
    return Peer(
        name,
        folder,
        seconds,
        options(delay, cutoff),
        len(list(folder.glob("src/logic*.v"))),
        written(folder),
        emulation(head, logic),
    )


def written(folder):
    """The Verilog below `folder`, without the wrapper of the peers' own simulation."""
    files = [*folder.glob("src/*.v"), *folder.glob("src/static/*.v")]
    return sorted(file for file in files if not file.name.endswith("_wrapper.v"))


BUILDS = {"da4ml": with_da4ml, "alkaid": with_alkaid}
