#!/usr/bin/env python3
"""Step (c), the baseline: a classifier on the same trunk's encoder, trained under Gaussian noise (Cohen et al. 2019).

    train_classifier.py --data cifar-10-batches-bin --out runs/c [--images 6000000] [--copies 1 --consistency 0]

With --copies 2 and a --consistency above 0 it has the same consistency term as step (b); --copies 1 has none. Data,
augmentation, noise and optimisers are those of (b). For equal operations give it more images: the log states the
operations of a pass.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor

import paths  # noqa: F401
from denoisers import add_network_options, architecture, initialise, load_ema
from evaluation import figures_of
from loop import Loop, add_common_options
from losses import classification
from networks.encoder_classifier import EncoderClassifier
from tune import add_noise_options, consistency_weights, draw_copies, noisy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_options(parser, images=6_000_000)
    add_network_options(parser)
    add_noise_options(parser)
    options = parser.parse_args()
    if len(options.shares) != len(options.sigma) or options.batch % options.copies:
        parser.error("--shares has one number for each --sigma, and --batch is a multiple of --copies")

    torch.manual_seed(options.seed)
    network = EncoderClassifier(architecture(options))
    initialise(network, torch.Generator().manual_seed(options.seed))
    if options.init:
        load_ema(network, options.init)
    loop = Loop(options, network)

    def draw(count: int) -> tuple[Tensor, ...]:
        return draw_copies(loop, options, count)

    def loss(clean: Tensor, labels: Tensor, s: Tensor, noise: Tensor) -> tuple[Tensor, dict]:
        x, levels = noisy(clean, s, noise)
        logits = network(x, levels)
        weights = consistency_weights(options, loop.seen)
        cross, consistent = classification(logits, labels, options.copies, *weights)
        accuracy = (logits.argmax(dim=1) == labels.repeat(options.copies)).float().mean()
        return cross + consistent, {"accuracy": accuracy, "cross": cross, "consistency": consistent}

    def evaluate() -> dict[str, float]:
        return figures_of(lambda x, s: (network(x, s), None), loop, options)

    loop.run(draw, loss, evaluate)


if __name__ == "__main__":
    main()
