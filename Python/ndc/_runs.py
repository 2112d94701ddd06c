"""Run directories as arrays."""
from __future__ import annotations

import json
import os
import pathlib
from dataclasses import dataclass
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

Path = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Run:
    """A run directory (Docs/Files.md, Run directory): one row an image, in the order of the run."""

    path: pathlib.Path
    description: dict[str, Any]
    """run.json."""
    records: list[dict[str, Any]]
    """records.jsonl, a torn last line left out."""
    index: NDArray[np.int64]
    label: NDArray[np.int64]
    predicted: NDArray[np.int64]
    """The class, −1 for an abstention."""
    radius: NDArray[np.float64]
    """In pixels, 0 for an abstention."""
    correct: NDArray[np.bool_]
    abstained: NDArray[np.bool_]
    lower_bound: NDArray[np.float64]
    """Of the candidate's probability."""
    evaluations: NDArray[np.int64]
    seconds: NDArray[np.float64]
    votes: NDArray[np.int64]
    """Estimation votes, images × classes."""

    def __len__(self) -> int:
        return len(self.records)

    @property
    def sigma(self) -> float:
        return float(self.description["smoothing"]["sigma"])

    def certified_accuracy(self, radius: float = 0.0) -> float:
        """The fraction of images that are correct with at least this radius."""
        if len(self) == 0:
            return float("nan")
        return float(np.mean(self.correct & (self.radius >= radius)))

    def frame(self) -> Any:
        """A pandas.DataFrame of everything but the votes; raises ImportError where there is no pandas."""
        import pandas  # type: ignore[import-untyped,unused-ignore]

        columns = {
            name: getattr(self, name)
            for name in (
                "index", "label", "predicted", "radius", "correct", "abstained", "lower_bound", "evaluations", "seconds")
        }
        return pandas.DataFrame(columns)


def read_run(path: Path) -> Run:
    """Reads a run directory, finished or not; nothing is verified (`ndc verify` does that)."""
    folder = pathlib.Path(path)
    description = json.loads((folder / "run.json").read_bytes())
    try:
        lines = (folder / "records.jsonl").read_bytes().split(b"\n")
    except FileNotFoundError:
        lines = [b""]
    # What follows the last newline is half a line.
    records = [json.loads(line) for line in lines[:-1] if line.strip()]

    def column(name: str, kind: type, missing: Any = 0) -> Any:
        return np.array([record.get(name, missing) for record in records], dtype=kind)

    votes = [record["votes"] for record in records]
    return Run(
        path=folder, description=description, records=records, index=column("index", np.int64),
        label=column("label", np.int64, -1), predicted=column("predicted", np.int64, -1),
        radius=column("radius", np.float64), correct=column("correct", np.bool_),
        abstained=column("abstained", np.bool_), lower_bound=column("pLower", np.float64),
        evaluations=column("evaluations", np.int64), seconds=column("seconds", np.float64),
        votes=np.array(votes, dtype=np.int64).reshape(len(records), -1 if records else 0))
