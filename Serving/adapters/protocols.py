"""The two kinds of model, as the Open Inference Protocol carries them between ndc and a server.

An adapter is a `torch.nn.Module` with the members below: being a module, it is moved, cast and compiled as a whole. It
need not derive from these classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Denoiser(Protocol):
    """D(x; s, y). `image_shape` is (C, H, W), `label_dim` is K, 0 where the model takes no label.

    A model that has no answer without a label says `unconditional = False`; −1 is then refused, as the client expects.
    """

    image_shape: tuple[int, int, int]
    label_dim: int

    def __call__(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        """x [B,C,H,W] and sigma [B] in model space, where images span [−1, 1]; label int64 [B], −1 for none.

        Returns D [B,C,H,W] in model space. Row i depends on row i of the arguments alone.
        """
        ...


@runtime_checkable
class Classifier(Protocol):
    """Logits of an image and whatever noise is in it. `classes` is K."""

    image_shape: tuple[int, int, int]
    classes: int

    def __call__(self, x: Tensor) -> Tensor:
        """x [B,C,H,W] in pixels, [0, 1], which noisy ones leave, to logits [B,K]; rows do not depend on each other."""
        ...


class OfFunction(nn.Module):
    """A denoiser from a function (x, sigma, label) → D, and the modules whose weights it uses."""

    def __init__(
        self,
        function: Callable[[Tensor, Tensor, Tensor], Tensor],
        image_shape: tuple[int, int, int],
        label_dim: int = 0,
        unconditional: bool = True,
        modules: tuple[nn.Module, ...] = (),
    ):
        super().__init__()
        self.function, self.image_shape = function, image_shape
        self.label_dim, self.unconditional = label_dim, unconditional
        self.parts = nn.ModuleList(modules)

    def forward(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        return self.function(x, sigma, label)
