"""The training losses: denoising (EDM), cross-entropy of a diffusion classifier, consistency between noisy copies."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def log_normal(count: int, mean: float, deviation: float, generator: torch.Generator) -> Tensor:
    """Noise levels s [count] with ln s ~ N(mean, deviation²) (Karras et al. 2022, table 1)."""
    return (mean + deviation * torch.randn(count, generator=generator)).exp()


def around(count: int, levels: list[float], shares: list[float], spread: float, generator: torch.Generator) -> Tensor:
    """Noise levels s [count], each one of `levels` (chosen with probability `shares`) times exp(spread·N(0, 1))."""
    which = torch.multinomial(torch.tensor(shares), count, replacement=True, generator=generator)
    return torch.tensor(levels)[which] * (spread * torch.randn(count, generator=generator)).exp()


def denoising(f: Tensor, x: Tensor, clean: Tensor, c_skip: Tensor, c_out: Tensor) -> Tensor:
    """EDM's loss λ(s)·‖D − x_0‖² with λ = 1/c_out²: mean over values of ‖F − (x_0 − c_skip·x)/c_out‖², one an image.

    f [N, …], x and clean of its shape, coefficients [N] (Karras et al. 2022, equation 8).
    """
    wide = (-1, *[1] * (f.ndim - 1))
    target = (clean - c_skip.view(wide) * x) / c_out.view(wide)
    return (f.float() - target).square().flatten(1).mean(dim=1)


def consistency(log_probabilities: Tensor, weight: float = 10, entropy: float = 0.5) -> Tensor:
    """`weight` times the KL of the copies' mean prediction to each copy's, plus `entropy` times the mean's entropy; one
    an image.

    log_probabilities [copies, N, K]; Jeong & Shin, "Consistency Regularization for Certified Robustness of Smoothed
    Classifiers", NeurIPS 2020, equations 6 and 7 (λ is `weight`, η is `entropy`: 0.5 there, whatever λ is).
    """
    copies = log_probabilities.shape[0]
    mean = torch.logsumexp(log_probabilities, dim=0) - math.log(copies)
    p = mean.exp()
    kl = (p * (mean - log_probabilities)).sum(dim=-1).mean(dim=0)
    return weight * kl - entropy * (p * mean).sum(dim=-1)


def distillation(logits: Tensor, teacher: Tensor) -> Tensor:
    """Mean KL of a teacher's prediction to ours, both logits [N, K] of the same noisy images (Hinton et al. 2015)."""
    log_p, log_q = F.log_softmax(logits.float(), dim=1), F.log_softmax(teacher.float(), dim=1)
    return (log_q.exp() * (log_q - log_p)).sum(dim=1).mean()


def classification(
    logits: Tensor, labels: Tensor, copies: int, weight: float, entropy: float = 0.5
) -> tuple[Tensor, Tensor]:
    """Means of cross-entropy and consistency (none without `weight`) of logits [copies·N, K], copies outermost."""
    log_p = F.log_softmax(logits.float(), dim=1)
    cross = F.nll_loss(log_p, labels.repeat(copies))
    if copies == 1 or weight == 0:
        return cross, torch.zeros(())
    return cross, consistency(log_p.view(copies, -1, log_p.shape[1]), weight, entropy).mean()
