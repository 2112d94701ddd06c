"""Models of one's own: a Python file with a function that returns an adapter."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path

from torch import nn

from .checkpoints import load_checkpoint


def load_own(file: Path, function: str, weights: Path | None) -> nn.Module:
    """What `function` of the Python file returns, given `weights` where it takes an argument. Executes the file."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    make = getattr(module, function, None)
    if not callable(make):
        raise ValueError(f"{file}: no function {function}()")
    if not inspect.signature(make).parameters:
        if weights is not None:
            raise ValueError(f"{file}: {function}() takes no weights, but --weights {weights} was given")
        return make()
    if weights is None:
        raise ValueError(f"{file}: {function}(weights) needs --weights FILE")
    return make(weights)


def load_model(source: str, weights: Path | None = None) -> nn.Module:
    """An adapter from a checkpoint, or from FILE.py[:FUNCTION] (`model` unless named)."""
    path, _, function = source.partition(".py:") if ".py:" in source else (source, "", "")
    file = Path(f"{path}.py" if function else path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file")
    if file.suffix == ".py":
        return load_own(file, function or "model", weights)
    if weights is not None:
        raise ValueError(f"--weights belongs to a model of one's own (FILE.py), and {file} is a checkpoint")
    return load_checkpoint(file)
