#!/usr/bin/env python3
"""`ndc` as the client of the real servers, against its own engine in fp32: outputs, losses and votes.

    try_servers.py [--ndc .build/release/ndc] [--servers triton mlserver] [--votes 100] [--json FILE]

1. Every EDM network with recorded outputs (those committed, and the original's in ../shared where it is there):
   `ndc denoise` through each server against the recording and against the engine in process.
2. `ndc losses` of noisy digits: how far rounding moves the difference of two classes' losses, and how many votes are
   won by less than that.
3. 20 digits of the bundled model certified by the engine and through each server, vote by vote: a record says which
   votes were against its class.

Exit status 1 where a bar is missed. The cost is 20 digits x votes x 2 levels x 10 classes, once for the engine and
once for each server.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from client import Client

SERVING = Path(__file__).resolve().parent
REPOSITORY = SERVING.parent
BUNDLED = REPOSITORY / "Resources/models/edm-mnist-32x32-cond.safetensors"
SHARED = Path(os.environ.get("NDC_SHARED", REPOSITORY.parent / "shared"))
BATCH = 32
# Of max |D|: 1e-7 a rounding, hundreds of them in a network; the bar of the engine's own parity with the original.
PARITY = 2e-5
EQUAL_VOTES = 0.995
DIGITS, STRIDE, SIGMA, LEVELS, SELECTION = 20, 500, 0.5, (2.5, 5.0), 20
# Starting a server: ten seconds for importing PyTorch, minutes where the machine is full. One that ends is not waited for.
PATIENCE = 900


def recorded() -> list[Path]:
    """The folders of EDM networks with recorded outputs: the committed ones, and the original's where at hand."""
    places = REPOSITORY / "Tests/UNetsTests/Fixtures", SHARED / "fixtures/edm"
    return [file.parent for place in places for file in sorted(place.glob("*/model.pkl"))]


@contextlib.contextmanager
def running(log: Path, server: str, *arguments: object, names: Sequence[str]) -> Iterator[int]:
    """The port of serve.py with these arguments, once all of its models are ready; it has to end when it is told to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, SERVING / "serve.py", *arguments, "--server", server, "--port", port, "--name", *names]
    with open(log, "w") as output:
        process = subprocess.Popen([str(c) for c in command], stdout=output, stderr=output, cwd=log.parent)
    end = time.monotonic() + PATIENCE
    try:
        while not all(Client(port, name).is_ready() for name in names):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{server} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.5)
        yield port
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RuntimeError(f"{server} did not end on SIGTERM") from None


@dataclass
class Program:
    """`ndc`; a model is what its command line says of it."""

    path: Path

    def __call__(self, *arguments: object) -> None:
        environment = {"NDC_RESOURCES": str(REPOSITORY / "Resources"), **os.environ}
        command = [str(a) for a in (self.path, *arguments)]
        found = subprocess.run(command, capture_output=True, text=True, env=environment)
        if found.returncode:
            raise RuntimeError(f"{' '.join(command)}: status {found.returncode}\n{found.stderr[-2000:]}")

    def denoised(self, model: Sequence[object], folder: Path, labels: bool, work: Path) -> NDArray:
        out = work / "denoised.npy"
        out.unlink(missing_ok=True)
        chosen = ["--labels", folder / "labels.npy"] if labels else []
        self("denoise", *model, "--x", folder / "x.npy", "--sigma", folder / "sigma.npy", *chosen, "--out", out)
        return np.load(out)

    def losses(self, model: Sequence[object], x: NDArray, noise: NDArray, work: Path) -> NDArray:
        out = work / "losses.npy"
        out.unlink(missing_ok=True)
        for name, array in (("x", x), ("noise", noise), ("grid", np.array(LEVELS))):
            np.save(work / f"{name}.npy", array)
        files = [part for name in ("x", "noise", "grid") for part in (f"--{name}", work / f"{name}.npy")]
        self("losses", *model, *files, "--method", "apndc", "--weighting", "edm", "--sigma", SIGMA, "--out", out)
        return np.load(out)

    def certified(self, model: Sequence[object], votes: int, out: Path) -> list[dict]:
        """Records that say which votes were against the candidate, all votes cast."""
        self(
            "certify", *model, "--data", "mnist", "--count", DIGITS, "--stride", STRIDE, "--sigma", SIGMA,
            "--method", "apndc", "--levels", *LEVELS, "--weighting", "edm", "--stop", "anytime",
            "--radius-tolerance", 1e-9, "--selection-samples", SELECTION, "--samples", votes - SELECTION,
            "--seed", 18, "--out", out,
        )  # fmt: skip
        return [json.loads(line) for line in (out / "records.jsonl").read_text().splitlines()]


def against(record: dict) -> set[int]:
    """The votes that were not for the candidate (Docs/Files.md)."""
    found = record["against"]
    if "gaps" in found:
        return {int(i) for i in np.cumsum(found["gaps"])}
    bits = np.unpackbits(np.frombuffer(base64.b64decode(found["bits"]), np.uint8))
    return {int(i) for i in np.flatnonzero(bits)}


@dataclass
class Votes:
    """Votes of two runs on the same noise, one by one."""

    cast: int = 0
    different: int = 0
    images: list[int] = field(default_factory=list)
    largest_radius_difference: float = 0

    @property
    def equal(self) -> float:
        return 1 - self.different / self.cast

    @staticmethod
    def compared(ours: list[dict], theirs: list[dict]) -> Votes:
        """Where both runs chose one candidate, estimation votes by position; otherwise, and in selection, by counts:

        at least half the sum of |differences| of two histograms went elsewhere. A vote that only one run cast differs.
        """
        result = Votes()
        if [r["index"] for r in ours] != [r["index"] for r in theirs]:
            raise RuntimeError("the runs certified other images")
        for a, b in zip(ours, theirs, strict=True):
            moved = sum(abs(x - y) for x, y in zip(a["selectionVotes"], b["selectionVotes"], strict=True)) // 2
            result.cast += sum(a["selectionVotes"]) + max(a["samples"], b["samples"])
            elsewhere = sum(abs(x - y) for x, y in zip(a["votes"], b["votes"], strict=True)) / 2
            if a["candidate"] == b["candidate"]:
                common = min(a["samples"], b["samples"])
                places = {i for i in against(a) ^ against(b) if i < common}
                elsewhere = max(elsewhere, len(places) + abs(a["samples"] - b["samples"]))
            moved += int(np.ceil(elsewhere))
            result.different += moved
            if moved:
                result.images.append(a["index"])
            result.largest_radius_difference = max(result.largest_radius_difference, abs(a["radius"] - b["radius"]))
        return result


def noisy_digits() -> tuple[NDArray, NDArray]:
    """x [4 x 20,1,32,32] in pixels, and ε for each level: other noise than the run's, of the same distribution."""
    data = gzip.decompress((REPOSITORY / "Resources/data/mnist/t10k-images-idx3-ubyte.gz").read_bytes())
    pixels = np.frombuffer(data, np.uint8, offset=16).reshape(-1, 1, 28, 28)[: DIGITS * STRIDE : STRIDE]
    images = np.pad(pixels.astype(np.float32) / 255, ((0, 0), (0, 0), (2, 2), (2, 2)))
    random = np.random.default_rng(18)
    x = np.concatenate([images] * 4)
    x = x + SIGMA * random.standard_normal(x.shape, np.float32)
    return x, random.standard_normal((len(LEVELS), 1, 32, 32), np.float32)


def rounding(ours: NDArray, theirs: NDArray) -> dict[str, float]:
    """How far the difference of two classes' losses moves, beside the lead of the best class over the second."""
    moved = float(np.ptp(theirs - ours, axis=1).max())
    ordered = np.sort(ours, axis=1)
    lead = ordered[:, 1] - ordered[:, 0]
    return {
        "moved": moved, "smallestLead": float(lead.min()), "medianLead": float(np.median(lead)),
        "sameBest": float((ours.argmin(1) == theirs.argmin(1)).mean()),
    }  # fmt: skip


def relative(found: NDArray, reference: NDArray) -> float:
    return float(np.abs(found - reference).max() / np.abs(reference).max())


def networks(ndc: Program, port: int, work: Path) -> list[dict]:
    """Every recorded network through one server: the largest differences, of max |D|."""
    rows = []
    for folder in recorded():
        served: list[object] = ["--model", f"http://127.0.0.1:{port}/v2/models/{folder.name}", "--batch", BATCH]
        local: list[object] = ["--model", folder / "model.pkl", "--precision", "fp32"]
        cases = [("denoised", False)]
        if (folder / "labels.npy").exists():
            served += ["--classes", np.load(folder / "labels.npy").max() + 1]
            cases = [("denoised", True), ("denoised_unconditional", False)]
        for name, labels in cases:
            found, own = (ndc.denoised(model, folder, labels, work) for model in (served, local))
            reference = np.load(folder / f"{name}.npy")
            row = {"network": folder.name, "output": name}
            rows.append(row | {"recorded": relative(found, reference), "engine": relative(found, own)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ndc", type=Path, default=REPOSITORY / ".build/release/ndc", help="(default %(default)s)")
    parser.add_argument("--servers", nargs="+", choices=["triton", "mlserver"], default=["triton", "mlserver"])
    parser.add_argument("--votes", type=int, default=100, help="an image, selection's among them (default %(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    if options.votes <= SELECTION:
        parser.error(f"--votes {options.votes}: {SELECTION} of them select")
    if not options.ndc.is_file():
        parser.error(f"--ndc {options.ndc}: no such file (swift build -c release --product ndc)")
    ndc, local = Program(options.ndc), ["--model", BUNDLED, "--precision", "fp32"]
    sources = [folder / "model.pkl" for folder in recorded()] + [BUNDLED]
    names = [folder.name for folder in recorded()] + ["mnist"]
    figures: dict[str, dict] = {}
    holds = True
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        start = time.monotonic()
        ours = ndc.certified(local, options.votes, work / "engine")
        print(f"engine: {DIGITS} digits in {time.monotonic() - start:.0f} s", flush=True)
        x, noise = noisy_digits()
        own = ndc.losses(local, x, noise, work)
        for server in options.servers:
            with running(work / f"{server}.txt", server, *sources, "--batch", BATCH, names=names) as port:
                rows = networks(ndc, port, work)
                model = ["--model", f"http://127.0.0.1:{port}/v2/models/mnist", "--classes", 10, "--batch", BATCH]
                moved = rounding(own, ndc.losses(model, x, noise, work))
                start = time.monotonic()
                votes = Votes.compared(ours, ndc.certified(model, options.votes, work / server))
                seconds = time.monotonic() - start
            worst = {kind: max(row[kind] for row in rows) for kind in ("recorded", "engine")}
            print(
                f"{server}: {len(rows)} outputs of {len(names) - 1} networks, largest difference of max |D| "
                f"{worst['recorded']:.1e} from the recorded, {worst['engine']:.1e} from the engine (bar {PARITY:g})\n"
                f"{server}: losses of {len(x)} noisy digits: differences of two classes move by {moved['moved']:.1e}; "
                f"the best leads by {moved['medianLead']:.1e} (median), {moved['smallestLead']:.1e} (smallest)\n"
                f"{server}: {votes.cast} votes in {seconds:.0f} s, {votes.different} different "
                f"({100 * votes.equal:.2f} % equal, bar {100 * EQUAL_VOTES:g} %) in images {votes.images}; radii "
                f"differ by at most {votes.largest_radius_difference:.1e}",
                flush=True,
            )  # fmt: skip
            holds = holds and max(worst.values()) <= PARITY and votes.equal >= EQUAL_VOTES
            figures[server] = {"networks": rows, "losses": moved, "votes": vars(votes) | {"equal": votes.equal}}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
