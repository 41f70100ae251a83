"""MNIST as clashfree's 4-bit recipes see it, and masks of fixed degree."""

import gzip
import os

import numpy as np

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "mnist")


def idx(name, header):
    with gzip.open(os.path.join(FOLDER, name)) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def split(name, samples, inputs):
    """Values `floor(pixel/16)/16`, padded with zeros, `[samples, inputs]`, and labels."""
    pixels = idx(f"{name}-images-idx3-ubyte.gz", 16).reshape(samples, 784)
    values = np.zeros((samples, inputs), np.float32)
    values[:, :784] = (pixels >> 4) / 16.0
    return values, idx(f"{name}-labels-idx1-ubyte.gz", 8).astype(np.int64)


def mask(right, left, out_degree, rng):
    """`[right, left]`: `out_degree` ones in each column, equally many in each row."""
    mask = np.zeros((right, left), np.float32)
    for l in range(left):
        mask[(l * out_degree + np.arange(out_degree)) % right, l] = 1.0
    return np.ascontiguousarray(mask[rng.permutation(right)][:, rng.permutation(left)])


def first_weights(mask, rng):
    """He-normal by the edges that are there."""
    deviation = np.sqrt(2.0 / mask[0].sum())
    return (rng.standard_normal(mask.shape) * deviation).astype(np.float32) * mask


def numbers(text):
    return [int(number) for number in text.split(",")]
