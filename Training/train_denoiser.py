#!/usr/bin/env python3
"""Step (a): trains a denoiser with EDM's loss. The multi-head network learns D(x; s, y) and D(x; s, none) in one pass.

    train_denoiser.py --data cifar-10-batches-bin --out runs/a [--images 900000]

A network with one head (--network song) takes the label as input, dropped with probability --label-dropout.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor

from denoisers import Heads, add_network_options, build, load_ema
from evaluation import one_pass_figures
from loop import Loop, add_common_options
from losses import log_normal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_options(parser, images=900_000)
    add_network_options(parser)
    parser.add_argument("--noise-mean", type=float, default=0.0, help="of ln s (default %(default)s)")
    parser.add_argument("--noise-deviation", type=float, default=1.0, help="of ln s (default %(default)s)")
    parser.add_argument("--label-dropout", type=float, default=0.1, help="one head: (default %(default)s)")
    parser.add_argument("--sigma", type=float, nargs="+", default=[0.25, 0.5, 1.0], help="pixels, for evaluations")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    denoiser = build(options)
    if options.init:
        load_ema(denoiser, options.init)
    loop = Loop(options, denoiser)
    heads = Heads(denoiser)

    def draw(count: int) -> tuple[Tensor, ...]:
        clean, labels = loop.batches.next(count, loop.generator)
        s = log_normal(count, options.noise_mean, options.noise_deviation, loop.generator)
        x = clean + s[:, None, None, None] * torch.randn(clean.shape, generator=loop.generator)
        dropped = torch.rand(count, generator=loop.generator) < options.label_dropout
        return x, s, clean, labels, dropped

    def loss(x: Tensor, s: Tensor, clean: Tensor, labels: Tensor, dropped: Tensor) -> tuple[Tensor, dict]:
        losses = heads.denoising(x, s, clean, labels, dropped)
        return sum(losses.values()), losses

    loop.run(draw, loss, lambda: one_pass_figures(heads, loop, options))


if __name__ == "__main__":
    main()
