"""What training reports about held-out images as it goes."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from torch import Tensor

from classifier import VoteLosses
from data import ImageSet, model_space
from denoisers import Heads
from loop import Loop, autocast


def held_out_noise(images: ImageSet, count: int, s: float) -> tuple[Tensor, Tensor, Tensor]:
    """The first `count` images in model space, the same with a fixed draw of noise of level s, and their labels."""
    clean = model_space(images.images[:count])
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(12345))
    return clean, clean + s * noise, images.labels[:count]


# Of x [N, C, H, W] and levels s [N]: scores whose arg max is the class, and D_none or nothing.
Vote = Callable[[Tensor, Tensor], tuple[Tensor, Tensor | None]]


def figures_of(vote: Vote, loop: Loop, options: argparse.Namespace) -> dict[str, float]:
    """At every σ: one vote's accuracy, and the mean square error of D_none at σ_τ (model space) of a denoiser."""
    figures = {}
    for sigma in options.sigma:
        clean, x, labels = held_out_noise(loop.held_out, options.evaluate_images, 2 * sigma)

        @torch.no_grad()
        def of_slice(part: slice) -> tuple[int, float]:
            piece = x[part].to(options.device)
            with autocast(options.device, options.precision):
                scores, none = vote(piece, torch.full((len(piece),), 2 * sigma, device=options.device))
            right = (scores.argmax(dim=1).cpu() == labels[part]).sum().item()
            if none is None:
                return right, float("nan")
            return right, (none.cpu() - clean[part]).square().mean(dim=(1, 2, 3)).sum().item()

        results = list(loop.workers.map(of_slice, loop.workers.slices(len(x))))
        figures[f"accuracy@{sigma:g}"] = sum(right for right, _ in results) / len(x)
        error = sum(error for _, error in results) / len(x)
        if error == error:
            figures[f"mse@{sigma:g}"] = error
    return figures


def one_pass_figures(heads: Heads, loop: Loop, options: argparse.Namespace) -> dict[str, float]:
    def vote(x: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        losses, none = heads.one_pass(x, s)
        return -losses, none

    return figures_of(vote, loop, options)


def vote_figures(losses_of_votes: VoteLosses, loop: Loop, options: argparse.Namespace) -> dict[str, float]:
    generator = torch.Generator().manual_seed(54321)

    def vote(x: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        losses, folded = losses_of_votes(x, s, losses_of_votes.noise(x, 1, generator)[:, 0].to(x.device))
        return -losses, losses_of_votes.estimate(x, s, folded)

    return figures_of(vote, loop, options)
