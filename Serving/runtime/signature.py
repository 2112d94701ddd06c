"""The names, types and shapes of the contract's tensors (Docs/Serving.md), once for both servers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TensorSpec:
    """One tensor: its name, type and shape without the batch axis."""

    name: str
    type: type[np.generic]
    row: tuple[int, ...]

    @property
    def datatype(self) -> str:
        return {np.float32: "FP32", np.int64: "INT64"}[self.type]

    def checked(self, array: NDArray, rows: int) -> NDArray:
        if array.dtype != self.type or array.shape != (rows, *self.row):
            expected = f"{np.dtype(self.type)} {[rows, *self.row]}"
            raise ValueError(f"{self.name}: expected {expected}, found {array.dtype} {list(array.shape)}")
        return array


@dataclass(frozen=True)
class Signature:
    """What a model takes and gives."""

    inputs: tuple[TensorSpec, ...]
    output: TensorSpec
    # Labels run from −1 to label_dim − 1; None for a classifier.
    label_dim: int | None

    @staticmethod
    def of(model: object) -> Signature:
        """A classifier has `classes`, a denoiser `label_dim`; both have `image_shape`."""
        shape = getattr(model, "image_shape", None)
        if not (isinstance(shape, tuple) and len(shape) == 3 and all(isinstance(n, int) and n > 0 for n in shape)):
            raise TypeError(f"{type(model).__name__}.image_shape is {shape!r}: (C, H, W) was expected")
        x = TensorSpec("x", np.float32, shape)
        classes, labels = getattr(model, "classes", None), getattr(model, "label_dim", None)
        if isinstance(classes, int) and classes > 1:
            return Signature((x,), TensorSpec("logits", np.float32, (classes,)), None)
        if isinstance(labels, int) and labels >= 0:
            levels = TensorSpec("sigma", np.float32, (1,)), TensorSpec("label", np.int64, (1,))
            return Signature((x, *levels), TensorSpec("denoised", np.float32, shape), labels)
        raise TypeError(f"{type(model).__name__} has neither `classes` (a classifier) nor `label_dim` (a denoiser)")

    def checked(self, arrays: dict[str, NDArray], batch: int) -> list[NDArray]:
        """The inputs in order; ValueError for what the contract forbids."""
        names = {spec.name for spec in self.inputs}
        if set(arrays) != names:
            raise ValueError(f"inputs {sorted(arrays)}: expected {sorted(names)}")
        rows = arrays["x"].shape[0] if arrays["x"].ndim else 0
        if not 1 <= rows <= batch:
            raise ValueError(f"{rows} rows: this server answers 1 to {batch}")
        inputs = [spec.checked(arrays[spec.name], rows) for spec in self.inputs]
        if self.label_dim is not None:
            _, sigma, label = inputs
            if not (np.isfinite(sigma).all() and (sigma > 0).all()):
                raise ValueError("sigma: noise levels are finite and positive")
            if ((label < -1) | (label >= self.label_dim)).any():
                raise ValueError(f"label: {label.min()} to {label.max()}, expected -1 to {self.label_dim - 1}")
        return inputs
