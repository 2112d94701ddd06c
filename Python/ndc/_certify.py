"""Certifying arrays in memory."""
from __future__ import annotations

import json
import pathlib
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from ._program import Argument, NdcError, Progress, run
from ._runs import Path, Run, read_run


@dataclass(frozen=True)
class Prediction:
    """What `ndc predict` says of one picture."""

    label: Optional[int]
    """None for an abstention."""
    radius: float
    """In pixels, 0 for an abstention."""
    details: dict[str, Any]
    """The program's own words: votes, bound, seed, seconds and more."""


def certify(
    images: Any, labels: Any, *, out: Optional[Path] = None, progress: Optional[Callable[[Progress], object]] = None,
    notice: Optional[Callable[[str], object]] = None, **options: Any,
) -> Run:
    """Certifies every image: a class and an L2 radius, or an abstention.

    `images`: an array or tensor [N, C, H, W] or [N, H, W], floats in [0, 1] or uint8; `labels`: N classes. `out`: a new
    folder that keeps the run; without it only what is returned remains. Options are those of `ndc certify`, with underscores:
    sigma=0.5, target_radius=[0.25, 0.5], preset="paper", model="edm.pkl", json=True. A run that was interrupted goes on
    with the same arguments and resume=True. run.json names the arrays by a path that is gone afterwards: to cast votes again
    (`ndc verify --redraw`), save them and name them with --data.
    """
    pixels, classes = _pictures(images), _classes(labels)
    if len(pixels) != len(classes):
        raise ValueError(f"{len(pixels)} images and {len(classes)} labels")
    for name in ("data", "count", "first", "stride", "indices", "out"):
        if name in options:
            raise TypeError(f"{name} says which images, which the arrays say")
    with tempfile.TemporaryDirectory(prefix="ndc-") as work:
        folder = pathlib.Path(out) if out is not None else pathlib.Path(work) / "run"
        source = pathlib.Path(work)
        np.save(source / "x.npy", pixels)
        np.save(source / "y.npy", classes)
        words: list[Argument] = [
            "certify", "--data", f"npy:{source / 'x.npy'},{source / 'y.npy'}", "--count", len(pixels), "--out", folder]
        run(words + _options(options), progress=progress, notice=notice)
        return read_run(folder)


def predict(
    images: Any, *, seed: Optional[int] = None, notice: Optional[Callable[[str], object]] = None, **options: Any,
) -> list[Prediction]:
    """Classifies pictures without labels, each with a certified radius or an abstention: `ndc predict`.

    `images`: as for `certify`. `seed`: the noise's; drawn from the system unless given.
    """
    pixels = _pictures(images)
    with tempfile.TemporaryDirectory(prefix="ndc-") as work:
        words: list[Argument] = ["predict"]
        for place, picture in enumerate(pixels):
            path = pathlib.Path(work) / f"{place}.npy"
            np.save(path, picture if picture.ndim == 3 else picture[np.newaxis])
            words.append(path)
        if seed is not None:
            words += ["--seed", seed]
        result = run(words + ["--json"] + _options(options), notice=notice)
    predictions = []
    for line in result.output.splitlines():
        details = json.loads(line)
        label = details.get("label")
        abstained = bool(details["abstained"])
        predictions.append(
            Prediction(
                None if abstained or label is None else int(label), 0.0 if abstained else float(details["radius"]), details))
    if len(predictions) != len(pixels):
        raise NdcError(70, f"{len(pixels)} pictures and {len(predictions)} answers")
    return predictions


def _array(value: Any) -> NDArray[Any]:
    # A tensor may be on a device and may want gradients.
    if hasattr(value, "detach"):
        value = value.detach()
    if hasattr(value, "cpu"):
        value = value.cpu()
    return np.asarray(value)


def _pictures(images: Any) -> NDArray[Any]:
    pixels = _array(images)
    if pixels.ndim not in (3, 4):
        raise ValueError(f"images are [N, C, H, W] or [N, H, W], not {list(pixels.shape)}")
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise TypeError(f"images are floats in [0, 1] or uint8, not {pixels.dtype}")
    return np.ascontiguousarray(pixels, dtype=np.float32)


def _classes(labels: Any) -> NDArray[np.int64]:
    classes = _array(labels)
    if classes.ndim != 1 or not np.issubdtype(classes.dtype, np.integer):
        raise ValueError("labels are a row of integers")
    return np.ascontiguousarray(classes, dtype=np.int64)


def _options(options: dict[str, Any]) -> list[Argument]:
    """sigma=0.5 is --sigma 0.5; True is the flag alone, None and False are nothing, a list is several values."""
    words: list[Argument] = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        words.append("--" + name.replace("_", "-"))
        if value is True:
            continue
        if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
            words += [item if isinstance(item, (str, int, float)) else str(item) for item in value]
        else:
            words.append(str(value))
    return words
