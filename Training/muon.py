"""Muon: momentum whose matrix is orthogonalised before it is applied (Jordan et al. 2024).

Source: kellerjordan.github.io/posts/muon
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

# The quintic a·X + b·(XXᵀ)X + c·(XXᵀ)²X of the source: it drives singular values to about 1, not exactly there.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalised(matrix: Tensor, steps: int = 4) -> Tensor:
    """The nearest orthogonal matrix, roughly, by `steps` Newton–Schulz iterations in bfloat16."""
    a, b, c = COEFFICIENTS
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.T if tall else x).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """For convolutions, as matrices [out, in·k·k]: w ← (1 − rate·decay)·w − rate·√max(1, rows/columns)·O(momentum)."""

    def __init__(self, parameters, lr=0.02, momentum=0.95, steps=4, weight_decay=0.0, mapping: Callable = map):
        """`mapping` applies a function to every parameter, several at a time where it has threads."""
        super().__init__(parameters, dict(lr=lr, momentum=momentum, steps=steps, weight_decay=weight_decay))
        self.mapping = mapping

    def step(self, closure=None) -> None:
        for group in self.param_groups:
            trained = [p for p in group["params"] if p.grad is not None]
            for p in trained:
                if not self.state[p]:
                    self.state[p]["momentum"] = torch.zeros_like(p)
            list(self.mapping(lambda p: self._update(p, group), trained))

    @torch.no_grad()
    def _update(self, p: Tensor, group: dict) -> None:
        momentum = self.state[p]["momentum"]
        momentum.lerp_(p.grad, 1 - group["momentum"])
        direction = p.grad.lerp(momentum, group["momentum"]).flatten(1)
        update = orthogonalised(direction, group["steps"]).view(p.shape)
        rows, columns = direction.shape
        p.mul_(1 - group["lr"] * group["weight_decay"])
        p.add_(update, alpha=-group["lr"] * max(1, rows / columns) ** 0.5)


def optimizers(
    network: nn.Module,
    rate: float,
    adam_rate: float,
    weight_decay: float,
    extra: tuple[Tensor, ...] = (),
    mapping: Callable = map,
) -> list[torch.optim.Optimizer]:
    """Muon for the 3×3 and 1×1 convolutions but the first and the last; AdamW for the rest and for `extra`.

    The first and the last convolution are those whose input or output is the image: `…_conv`.
    """
    hidden, rest = [], list(extra)
    for path, p in network.named_parameters():
        inner = p.ndim == 4 and not path.removesuffix(".weight").endswith("_conv")
        (hidden if inner else rest).append(p)
    return [
        Muon(hidden, lr=rate, weight_decay=weight_decay, mapping=mapping),
        torch.optim.AdamW(rest, lr=adam_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]
