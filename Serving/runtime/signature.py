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
    # The labels that are answered, −1 being none; None for a classifier.
    labels: range | None

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
            answered = range(-1 if getattr(model, "unconditional", True) else 0, labels)
            if not answered:
                raise TypeError(f"{type(model).__name__} answers neither a label nor none")
            levels = TensorSpec("sigma", np.float32, (1,)), TensorSpec("label", np.int64, (1,))
            return Signature((x, *levels), TensorSpec("denoised", np.float32, shape), answered)
        raise TypeError(f"{type(model).__name__} has neither `classes` (a classifier) nor `label_dim` (a denoiser)")

    def example(self, rows: int) -> dict[str, NDArray]:
        """A request of noise, at levels from 0.02 to 20 and with all labels in turn."""
        x = np.random.default_rng(0).standard_normal((rows, *self.inputs[0].row), np.float32)
        if self.labels is None:
            return {"x": 0.5 + 0.5 * x}
        sigma = np.geomspace(0.02, 20, rows, dtype=np.float32)[:, None]
        label = np.resize(np.array(self.labels, np.int64), (rows, 1))
        return {"x": x * sigma[:, :, None, None], "sigma": sigma, "label": label}

    def checked(self, arrays: dict[str, NDArray], batch: int) -> list[NDArray]:
        """The inputs in order; ValueError for what the contract forbids."""
        names = {spec.name for spec in self.inputs}
        if set(arrays) != names:
            raise ValueError(f"inputs {sorted(arrays)}: expected {sorted(names)}")
        rows = arrays["x"].shape[0] if arrays["x"].ndim else 0
        if not 1 <= rows <= batch:
            raise ValueError(f"{rows} rows: this server answers 1 to {batch}")
        inputs = [spec.checked(arrays[spec.name], rows) for spec in self.inputs]
        if self.labels is not None:
            _, sigma, label = inputs
            if not (np.isfinite(sigma).all() and (sigma > 0).all()):
                raise ValueError("sigma: noise levels are finite and positive")
            if ((label < self.labels.start) | (label >= self.labels.stop)).any():
                expected = f"{self.labels.start} to {self.labels.stop - 1}"
                raise ValueError(f"label: {label.min()} to {label.max()}, expected {expected}")
        return inputs
