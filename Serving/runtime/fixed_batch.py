"""A model at one fixed batch on one device.

Every call runs the same B rows through the same kernels, whatever came: fewer rows are padded by repeating the last.
So a row's answer depends neither on how many rows came with it nor, as far as the kernels keep rows apart, on which.
"""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .signature import Signature

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
COMPILATIONS = ("default", "reduce-overhead", "max-autotune")


@dataclass(frozen=True)
class Execution:
    """How a model runs: rows a call, precision, and a mode of torch.compile or None for eager."""

    batch: int = 64
    precision: str = "fp32"
    compilation: str | None = None


def missing(device: str) -> str | None:
    """Why this device cannot be used, or None."""
    kind, _, index = device.partition(":")
    if kind == "cpu":
        return None
    module = {"cuda": torch.cuda, "xpu": torch.xpu, "mps": torch.mps}[kind]
    count = module.device_count() if kind != "mps" or torch.backends.mps.is_available() else 0
    return None if int(index or 0) < count else f"--device {device}: PyTorch finds {count} devices of this kind here"


def make_deterministic() -> None:
    """The same kernels in every process: no tuning by the clock, no TF32. Before the first use of a device."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    # It would write every new tensor twice.
    torch.utils.deterministic.fill_uninitialized_memory = False


class FixedBatch:
    """Calls take and give NumPy arrays; they run one after another on a thread of their own."""

    def __init__(self, model: nn.Module, device: str, execution: Execution):
        self.signature, self.execution = Signature.of(model), execution
        self.device, self.kind = torch.device(device), PRECISIONS[execution.precision]
        # CUDA graphs belong to the thread that recorded them.
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"model on {device}")
        self.model = self.thread.submit(self._prepare, model).result()

    def __call__(self, arrays: dict[str, NDArray]) -> dict[str, NDArray]:
        return self.submit(arrays).result()

    def submit(self, arrays: dict[str, NDArray]) -> Future:
        inputs = self.signature.checked(arrays, self.execution.batch)
        return self.thread.submit(self._run, inputs)

    def warm_up(self) -> None:
        """Compiles, and finds out before the first request whether the model answers."""
        self(self.signature.example(self.execution.batch))

    def close(self) -> None:
        self.thread.shutdown()

    def _prepare(self, model: nn.Module) -> nn.Module:
        model = model.eval().requires_grad_(False).to(self.device, memory_format=torch.channels_last)
        self.lowered = self.kind != torch.float32 and hasattr(model, "lower")
        if self.lowered:
            model.lower(self.kind)
        return model if self.execution.compilation is None else torch.compile(model, mode=self.execution.compilation)

    def _precision(self) -> contextlib.AbstractContextManager:
        if self.kind == torch.float32 or self.lowered:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.kind)

    def _padded(self, array: NDArray) -> Tensor:
        missing = self.execution.batch - len(array)
        if missing:
            array = np.concatenate([array, np.repeat(array[-1:], missing, axis=0)])
        # Requests' buffers are read-only, which from_numpy warns about; they are only read here.
        tensor = torch.from_numpy(array if array.flags.writeable else array.copy()).to(self.device)
        return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor.flatten()

    def _run(self, inputs: list[NDArray]) -> dict[str, NDArray]:
        rows, output = len(inputs[0]), self.signature.output
        with torch.inference_mode(), self._precision():
            answer = self.model(*(self._padded(array) for array in inputs))
        if tuple(answer.shape) != (self.execution.batch, *output.row):
            raise ValueError(f"the model gave {list(answer.shape)}, expected {[self.execution.batch, *output.row]}")
        found = answer[:rows].to("cpu", torch.float32).contiguous().numpy()
        if not np.isfinite(found).all():
            raise ValueError(f"{output.name}: not finite in {self.execution.precision}")
        return {output.name: found}
