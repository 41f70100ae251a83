"""Runs a tail with onnxruntime and compares every bit with the reference's.

    python3 check_tail.py FOLDER ...

Each FOLDER is one that `clashfree tail HEAD --inputs FILE -o FOLDER` wrote. Ends with code 1 if a logit or
a class differs. Needs onnxruntime 1.14 or newer, and numpy.
"""

import pathlib
import sys

import numpy
import onnxruntime


def check(folder):
    codes, logits = (numpy.load(folder / name) for name in ("codes.npy", "logits.npy"))
    session = onnxruntime.InferenceSession(
        str(folder / "tail.onnx"), providers=["CPUExecutionProvider"]
    )
    wrong = 0
    # batches of several sizes, since runtimes have several ways to multiply
    for size in (1, 7, len(codes)):
        frames = slice(None) if size == len(codes) else slice(0, min(len(codes), 20 * size))
        some, want = codes[frames], logits[frames]
        for at in range(0, len(some), size):
            found, classes = session.run(["logits", "class"], {"codes": some[at : at + size]})
            assert found.dtype == classes.dtype == numpy.int64
            right = want[at : at + size]
            assert found.shape == right.shape and classes.shape == right.shape[:1]
            wrong += int((found != right).any(axis=1).sum())
            # numpy's argmax takes the first of several largest
            wrong += int((classes != right.argmax(axis=1)).sum())
    properties = session.get_modelmeta().custom_metadata_map
    identity = properties["identity"]
    if identity not in (folder / "README.md").read_text():
        wrong += 1
    print(f"{folder}: {properties['name']}, {len(codes)} frames, {wrong} differences")
    return wrong


if __name__ == "__main__":
    sys.exit(any([check(pathlib.Path(folder)) for folder in sys.argv[1:]]))
