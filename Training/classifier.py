"""The per-class losses of the noised diffusion classifiers that can be tuned (SPEC §3)."""

from __future__ import annotations

import argparse

import torch
from torch import Tensor

from denoisers import Heads


def level(text: str) -> float | None:
    """ "tau" or a number; None stands for σ_τ."""
    return None if text == "tau" else float(text)


def add_classifier_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--levels", type=level, nargs="+", default=[None],
        help="tau: one pass, L_y = ‖D(x_τ; σ_τ, y) − D(x_τ; σ_τ, none)‖²; numbers: apndc's levels s (default tau)",
    )  # fmt: skip


class VoteLosses:
    """L_y = mean over levels of ‖D(x_t; s_t, y) − x̂‖², x̂ = D(x_τ; σ_τ, none).

    At the level tau x_t is x_τ itself, so that x̂ and every D_y come from one pass (`apndc-posterior` with s = σ_τ);
    at another level x_t = x̂ + s_t·ε (`apndc`).
    """

    def __init__(self, heads: Heads, levels: list[float | None]):
        if not heads.multi:
            raise ValueError("tuning needs a multi-head network")
        self.heads, self.others = heads, [s for s in levels if s is not None]
        self.at_tau = None in levels

    def noise(self, clean: Tensor, copies: int, generator: torch.Generator) -> Tensor:
        """ε for the levels other than tau, [N, copies, levels, C, H, W]."""
        return torch.randn(len(clean), copies, len(self.others), *clean.shape[1:], generator=generator)

    def __call__(self, x: Tensor, s_tau: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """x [N, C, H, W] at the levels s_tau [N], noise [N, levels, C, H, W] to L [N, K], and F of the pass at σ_τ."""
        folded, at_tau = self.heads.folded(x, s_tau)
        if not self.others:
            return at_tau, folded
        estimate = self.estimate(x, s_tau, folded)
        total = at_tau if self.at_tau else torch.zeros_like(at_tau)
        for i, s in enumerate(self.others):
            denoised = self.heads.all(estimate + s * noise[:, i], torch.full_like(s_tau, s))[:, :-1]
            total = total + (denoised - estimate[:, None]).flatten(2).square().sum(dim=2)
        return total / (len(self.others) + self.at_tau), folded

    def estimate(self, x: Tensor, s: Tensor, folded: Tensor) -> Tensor:
        """D(x; s, none) from F before the pixel shuffle."""
        c_skip, c_out = (c.view(-1, 1, 1, 1) for c in self.heads.denoiser.coefficients(s)[:2])
        f = torch.nn.functional.pixel_shuffle(folded[:, -1].float(), self.heads.denoiser.architecture.patch)
        return c_skip * x + c_out * f
