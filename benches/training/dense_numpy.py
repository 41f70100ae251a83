"""Masked dense layers in plain numpy: float32, Adam, softmax cross-entropy.

`dense_numpy.py 800,40,40,10 2,9,10 EPOCHS` prints seconds an epoch, elapsed and of processors, then the test accuracy. The
number of threads is BLAS's: OPENBLAS_NUM_THREADS.
"""

import sys
import time

import numpy as np

from mnist import first_weights, mask, numbers, split

BATCH, RATE, BETA_1, BETA_2, EPSILON = 256, 4e-3, 0.9, 0.999, 1e-7


def adam(parameter, gradient, first, second, rate):
    """One step in place, without a temporary more than needed."""
    first *= BETA_1
    first += (1 - BETA_1) * gradient
    second *= BETA_2
    second += (1 - BETA_2) * (gradient * gradient)
    parameter -= rate * first / (np.sqrt(second) + EPSILON)


def main():
    neurons, degrees, epochs = numbers(sys.argv[1]), numbers(sys.argv[2]), int(sys.argv[3])
    rng = np.random.default_rng(1)
    images, labels = split("train", 60_000, neurons[0])
    # [left, right], so that a batch is multiplied without a transposed copy.
    masks = [mask(r, l, d, rng) for l, r, d in zip(neurons, neurons[1:], degrees)]
    weights = [np.ascontiguousarray(first_weights(m, rng).T) for m in masks]
    masks = [np.ascontiguousarray(m.T) for m in masks]
    # A mask of ones costs nothing.
    masks = [None if m.all() else m for m in masks]
    parameters = weights + [np.full(r, 0.1, np.float32) for r in neurons[1:]]
    layers = len(weights)
    firsts = [np.zeros_like(p) for p in parameters]
    seconds = [np.zeros_like(p) for p in parameters]
    step = 0
    for _ in range(epochs):
        start = time.perf_counter(), time.process_time()
        order = rng.permutation(len(images))
        for at in range(0, len(images), BATCH):
            samples = order[at : at + BATCH]
            values = [images[samples]]
            for j in range(layers):
                x = values[j] @ weights[j]
                x += parameters[layers + j]
                if j < layers - 1:
                    np.maximum(x, 0, out=x)
                values.append(x)
            delta = values[-1]
            delta -= delta.max(axis=1, keepdims=True)
            np.exp(delta, out=delta)
            delta /= delta.sum(axis=1, keepdims=True)
            delta[np.arange(len(samples)), labels[samples]] -= 1
            delta /= len(samples)
            gradients = [None] * len(parameters)
            for j in reversed(range(layers)):
                gradients[j] = values[j].T @ delta
                if masks[j] is not None:
                    gradients[j] *= masks[j]
                gradients[layers + j] = delta.sum(axis=0)
                if j > 0:
                    delta = delta @ weights[j].T
                    delta *= values[j] > 0
            step += 1
            rate = np.float32(RATE * np.sqrt(1 - BETA_2**step) / (1 - BETA_1**step))
            for all_of_one in zip(parameters, gradients, firsts, seconds):
                adam(*all_of_one, rate)
        print(time.perf_counter() - start[0], time.process_time() - start[1], flush=True)
    x, labels = split("t10k", 10_000, neurons[0])
    for j in range(layers):
        x = x @ weights[j] + parameters[layers + j]
        if j < layers - 1:
            x = np.maximum(x, 0)
    print((x.argmax(axis=1) == labels).mean())


main()
