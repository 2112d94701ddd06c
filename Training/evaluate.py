#!/usr/bin/env python3
"""Accuracy of one vote, and a quick certification, of a checkpoint while it is being developed.

    evaluate.py --checkpoint runs/b/checkpoint.pt --data cifar-10-batches-bin --sigma 0.25 [--votes 1000]

CERTIFY of Cohen et al. (arXiv 1902.02918): n₀ votes choose the class, n fresh votes bound its probability from below
by Clopper and Pearson, R = σ·Φ⁻¹(p). `ndc certify` gives the figures to quote; this is for choosing recipes.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor

import fast_norm
import paths  # noqa: F401
from classifier import VoteLosses, add_classifier_options
from data import ImageSet, load, model_space
from denoisers import Heads, is_classifier, restored, restored_classifier
from loop import autocast


def clopper_pearson(successes: int, trials: int, alpha: float) -> float:
    """The one-sided lower bound: the p at which P(X ≥ successes) = α for X ~ Binomial(trials, p), rounded down."""
    if successes == 0:
        return 0.0
    k = np.arange(successes, trials + 1)
    log_factorial = np.array([math.lgamma(i + 1) for i in range(trials + 1)])
    log_choose = log_factorial[trials] - log_factorial[k] - log_factorial[trials - k]
    low, high = 0.0, successes / trials
    for _ in range(60):
        p = (low + high) / 2
        if p in (low, high):
            break
        with np.errstate(divide="ignore"):
            terms = log_choose + k * math.log(p) + (trials - k) * math.log1p(-p)
        tail = math.exp(terms.max()) * np.exp(terms - terms.max()).sum()
        low, high = (p, high) if tail < alpha else (low, p)
    return low


def certificate(selection: Tensor, estimation: Tensor, label: int, sigma: float, alpha: float) -> tuple[bool, float]:
    """Whether the class of the selection votes is the label, and the radius in pixels; 0 where it abstains."""
    chosen = int(selection.argmax())
    p = clopper_pearson(int(estimation[chosen]), int(estimation.sum()), alpha)
    if p <= 0.5:
        return False, 0.0
    return chosen == label, sigma * NormalDist().inv_cdf(p)


def voter(options: argparse.Namespace) -> tuple[Callable[[Tensor, Tensor, torch.Generator], Tensor], dict]:
    """From noisy x and levels s to scores, for the checkpoint of a denoiser or of a classifier; and the checkpoint."""
    state = torch.load(options.checkpoint, map_location="cpu", weights_only=True)
    if is_classifier(state):
        network = restored_classifier(state, options.device)
        return lambda x, s, _: network(x, s), state
    denoiser, _ = restored(options.checkpoint)
    denoiser.to(options.device, memory_format=torch.channels_last)
    votes = VoteLosses(Heads(denoiser), options.levels)
    return lambda x, s, g: -votes(x, s, votes.noise(x.cpu(), 1, g)[:, 0].to(x.device))[0], state


class Certifier:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.vote, self.state = voter(options)
        self.pool = ThreadPoolExecutor(options.threads, initializer=lambda: torch.set_num_threads(1))

    @torch.no_grad()
    def counts(self, image: Tensor, sigma: float, votes: int, seed: int) -> Tensor:
        """How often each class is voted for under `votes` draws of noise σ."""
        generator = torch.Generator().manual_seed(seed)
        counts = torch.zeros(self.state_classes, dtype=torch.long)
        for start in range(0, votes, self.options.batch):
            n = min(self.options.batch, votes - start)
            x = image + 2 * sigma * torch.randn(n, *image.shape, generator=generator)
            s = torch.full((n,), 2 * sigma, device=self.options.device)
            with autocast(self.options.device, self.options.precision):
                scores = self.vote(x.to(self.options.device), s, generator)
            counts += scores.argmax(dim=1).cpu().bincount(minlength=len(counts))
        return counts

    @property
    def state_classes(self) -> int:
        return self.state["architecture"]["label_dim"]

    def one_vote(self, images: ImageSet, sigma: float) -> float:
        def correct(i: int) -> float:
            counts = self.counts(model_space(images.images[i]), sigma, self.options.one_vote, 7 * i + 3)
            return counts[images.labels[i]].item() / self.options.one_vote

        return sum(self.pool.map(correct, range(len(images)))) / len(images)

    def certify(self, images: ImageSet, sigma: float) -> list[tuple[bool, float]]:
        def one(i: int) -> tuple[bool, float]:
            image = model_space(images.images[i])
            selection = self.counts(image, sigma, self.options.selection, 2 * i)
            estimation = self.counts(image, sigma, self.options.votes, 2 * i + 1)
            return certificate(selection, estimation, int(images.labels[i]), sigma, self.options.alpha)

        return list(self.pool.map(one, range(len(images))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--checkpoint", type=Path, required=True)
    add("--data", required=True)
    add("--part", choices=["held-out", "test"], default="held-out", help="(default %(default)s)")
    add("--side", type=int)
    add("--stride", type=int, default=1)
    add("--count", type=int, default=200)
    add("--sigma", type=float, nargs="+", default=[0.25])
    add("--one-vote", type=int, default=4, help="votes an image of the accuracy of one vote (default %(default)s)")
    add("--votes", type=int, default=0, help="n; 0: no certification")
    add("--selection", type=int, default=100, help="n₀ (default %(default)s)")
    add("--alpha", type=float, default=0.001)
    add("--radius", type=float, nargs="+", default=[0, 0.25, 0.5, 0.75, 1.0])
    add("--batch", type=int, default=100)
    add("--threads", type=int, default=2)
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--precision", choices=["auto", "bf16", "fp32"], default="auto")
    add_classifier_options(parser)
    options = parser.parse_args()
    if options.device == "cpu":
        torch.set_num_threads(1)
        fast_norm.install()

    certifier = Certifier(options)
    images = load(options.data, train=options.part == "held-out", side=options.side)
    if options.part == "held-out":
        images = images.split(certifier.state["options"]["held_out"])[1]
    images = images.part(0, options.count * options.stride, options.stride)
    for sigma in options.sigma:
        begin = time.monotonic()
        row: dict = {"seen": certifier.state["seen"], "part": options.part, "images": len(images), "sigma": sigma}
        row["one_vote"] = round(certifier.one_vote(images, sigma), 4)
        if options.votes:
            results = certifier.certify(images, sigma)
            row["votes"] = options.votes
            for radius in options.radius:
                row[f"certified@{radius:g}"] = round(sum(c and r >= radius for c, r in results) / len(results), 4)
        row["seconds"] = round(time.monotonic() - begin, 1)
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    sys.exit(main())
