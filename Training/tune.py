#!/usr/bin/env python3
"""Step (b): tunes a denoiser as the classifier that will be certified, while it stays a denoiser.

    tune.py --data cifar-10-batches-bin --init runs/a/final.pt --out runs/b [--images 6000000]

The loss of an image is the cross-entropy of softmax(−scale·L) on its noisy copies, plus the consistency between the
copies (Jeong & Shin 2020), plus EDM's loss of the label's head and of none's at the same noise. L are the losses of
`apndc-posterior` at the level σ_τ (one pass), or of `apndc` at --levels. Noise is drawn around the --sigma given.
With --teacher, plus the divergence from what a classifier of step (c) says of the same copy (Hinton et al. 2015).
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import torch
from torch import Tensor

from classifier import VoteLosses, add_classifier_options
from denoisers import Heads, add_network_options, build, load_ema, teacher_of
from evaluation import vote_figures
from loop import Loop, add_common_options
from losses import around, classification, distillation


def add_noise_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--sigma", type=float, nargs="+", default=[0.25, 0.5, 1.0], help="smoothing noise, pixels (default 0.25 0.5 1)")
    add("--shares", type=float, nargs="+", default=[0.85, 0.1, 0.05], help="of the images (default 0.85 0.1 0.05)")
    add("--spread", type=float, default=0.1, help="of ln σ around those (default %(default)s)")
    add("--copies", type=int, default=2, help="noisy copies of an image (default %(default)s)")
    add("--consistency", type=float, default=10, help="weight of the copies' divergence (default %(default)s; 0: none)")
    add("--entropy", type=float, default=0.5, help="weight of the mean's entropy beside it (default %(default)s)")
    add("--ramp", type=int, help="images over which both rise from 0 (default: half of all)")


def draw_copies(loop: Loop, options: argparse.Namespace, count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """count/copies clean images, labels, levels s in model space, and noise [images, copies, C, H, W]."""
    clean, labels = loop.batches.next(count // options.copies, loop.generator)
    levels = [2 * sigma for sigma in options.sigma]
    s = around(len(clean), levels, options.shares, options.spread, loop.generator)
    noise = torch.randn(len(clean), options.copies, *clean.shape[1:], generator=loop.generator)
    return clean, labels, s, noise


def noisy(clean: Tensor, s: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """The copies x = clean + s·noise [copies·images, C, H, W], copies outermost, and their levels."""
    x = clean[:, None] + s[:, None, None, None, None] * noise
    return x.transpose(0, 1).flatten(0, 1), s.repeat(noise.shape[1])


def consistency_weights(options: argparse.Namespace, seen: int) -> tuple[float, float]:
    """Those of the divergence and of the entropy; both rise together."""
    risen = min(1.0, seen / (options.ramp or options.images / 2))
    return risen * options.consistency, risen * options.entropy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_options(parser, images=6_000_000)
    add_network_options(parser)
    add_noise_options(parser)
    add_classifier_options(parser)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the losses at the start; it is trained (default 1)"
    )
    parser.add_argument("--denoising", type=float, default=1.0, help="weight of EDM's loss (default %(default)s)")
    parser.add_argument("--teacher", type=Path, help="a checkpoint of train_classifier.py to learn from as well")
    parser.add_argument("--distillation", type=float, default=1.0, help="weight of that (default %(default)s)")
    options = parser.parse_args()
    if len(options.shares) != len(options.sigma) or options.batch % options.copies:
        parser.error("--shares has one number for each --sigma, and --batch is a multiple of --copies")

    torch.manual_seed(options.seed)
    denoiser = build(options)
    if options.init:
        load_ema(denoiser, options.init)
    log_scale = torch.full((), math.log(options.scale), device=options.device, requires_grad=True)
    loop = Loop(options, denoiser, {"log_scale": log_scale})
    heads = Heads(denoiser)
    losses_of_votes = VoteLosses(heads, options.levels)
    teacher = teacher_of(options.teacher, options.device) if options.teacher else None

    def draw(count: int) -> tuple[Tensor, ...]:
        clean, labels, s, noise = draw_copies(loop, options, count)
        return clean, labels, s, noise, losses_of_votes.noise(clean, options.copies, loop.generator)

    def loss(clean: Tensor, labels: Tensor, s: Tensor, noise: Tensor, extra: Tensor) -> tuple[Tensor, dict]:
        x, levels = noisy(clean, s, noise)
        losses, folded = losses_of_votes(x, levels, extra.transpose(0, 1).flatten(0, 1))
        logits = -log_scale.exp() * losses
        weights = consistency_weights(options, loop.seen)
        cross, consistent = classification(logits, labels, options.copies, *weights)
        repeated, targets = clean.repeat(options.copies, 1, 1, 1), labels.repeat(options.copies)
        denoised = heads.denoising_of(folded, x, levels, repeated, targets)
        accuracy = (logits.argmax(dim=1) == targets).float().mean()
        figures = {"accuracy": accuracy, "cross": cross, "consistency": consistent, **denoised}
        total = cross + consistent + options.denoising * sum(denoised.values())
        if teacher is not None:
            with torch.no_grad():
                known = teacher(x, levels)
            figures["distillation"] = distillation(logits, known)
            total = total + options.distillation * figures["distillation"]
        return total, figures

    def evaluate() -> dict[str, float]:
        return {**vote_figures(losses_of_votes, loop, options), "scale": log_scale.exp().item()}

    loop.run(draw, loss, evaluate)


if __name__ == "__main__":
    main()
