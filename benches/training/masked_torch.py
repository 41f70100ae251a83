"""Masked dense layers in PyTorch: float32, Adam, cross-entropy.

`masked_torch.py 800,40,40,10 2,9,10 EPOCHS [weight|hook]` prints seconds an epoch, elapsed and
of processors, then the test accuracy. `weight` multiplies the weights by the mask in every forward pass; `hook`, the default and
the faster, multiplies the gradients, which keeps weights that began as 0 there. The number of
threads is OMP_NUM_THREADS.
"""

import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from mnist import first_weights, mask, numbers, split

BATCH, RATE = 256, 4e-3


class Masked(nn.Linear):
    def __init__(self, mask, rng, way):
        super().__init__(mask.shape[1], mask.shape[0])
        self.mask = torch.from_numpy(mask)
        with torch.no_grad():
            self.weight.copy_(torch.from_numpy(first_weights(mask, rng)))
            self.bias.fill_(0.1)
        # A mask of ones costs nothing.
        self.by_weight = way == "weight" and not mask.all()
        if way == "hook" and not mask.all():
            self.weight.register_hook(lambda gradient: gradient * self.mask)

    def forward(self, x):
        weight = self.weight * self.mask if self.by_weight else self.weight
        return functional.linear(x, weight, self.bias)


def main():
    neurons, degrees, epochs = numbers(sys.argv[1]), numbers(sys.argv[2]), int(sys.argv[3])
    way = sys.argv[4] if len(sys.argv) > 4 else "hook"
    rng = np.random.default_rng(1)
    torch.manual_seed(1)
    images, labels = map(torch.from_numpy, split("train", 60_000, neurons[0]))
    layers = []
    for left, right, degree in zip(neurons, neurons[1:], degrees):
        layers += [Masked(mask(right, left, degree, rng), rng, way), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    # `fused` is the fastest of its three ways on a CPU.
    adam = torch.optim.Adam(model.parameters(), lr=RATE, eps=1e-7, fused=True)
    for _ in range(epochs):
        start = time.perf_counter(), time.process_time()
        for samples in torch.randperm(len(images)).split(BATCH):
            adam.zero_grad()
            functional.cross_entropy(model(images[samples]), labels[samples]).backward()
            adam.step()
        print(time.perf_counter() - start[0], time.process_time() - start[1], flush=True)
    images, labels = map(torch.from_numpy, split("t10k", 10_000, neurons[0]))
    with torch.no_grad():
        print((model(images).argmax(axis=1) == labels).double().mean().item())


main()
