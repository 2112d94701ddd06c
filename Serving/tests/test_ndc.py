"""`ndc` itself as the client of both servers; skipped where it is not built (NDC names it)."""

import json
import os
import subprocess
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
import numpy as np  # noqa: E402

from conftest import REPOSITORY, needs, recorded, running  # noqa: E402

NDC = Path(os.environ.get("NDC", REPOSITORY / ".build/release/ndc"))
BUNDLED = REPOSITORY / "Resources/models/edm-mnist-32x32-cond.safetensors"
PARITY = 2e-5
BATCH = 32
# Of the votes that the engine in process and PyTorch cast on the same noise, so many have to be the same.
EQUAL_VOTES = 0.995

pytestmark = pytest.mark.skipif(not NDC.exists(), reason=f"{NDC} is not built")


def ndc(*arguments):
    environment = {"NDC_RESOURCES": str(REPOSITORY / "Resources"), **os.environ}
    found = subprocess.run([str(a) for a in (NDC, *arguments)], capture_output=True, text=True, env=environment)
    assert found.returncode == 0, found.stderr[-2000:]


@pytest.fixture(scope="module", params=[needs("triton"), needs("mlserver")])
def port(request, tmp_path_factory):
    """Of one server with all recorded networks and the bundled model."""
    log = tmp_path_factory.mktemp(request.param) / "log.txt"
    sources = [folder / "model.pkl" for folder in recorded()] + [BUNDLED]
    names = [folder.name for folder in recorded()] + ["mnist"]
    with running(log, request.param, *sources, "--batch", BATCH, names=names) as port:
        yield port


@pytest.mark.parametrize("folder", recorded(), ids=lambda folder: folder.name)
def test_every_recorded_network_has_parity_through_the_wire(port, folder, tmp_path):
    model = ["--model", f"http://127.0.0.1:{port}/v2/models/{folder.name}", "--batch", BATCH]
    queries, cases = ["--x", folder / "x.npy", "--sigma", folder / "sigma.npy"], {"denoised": []}
    if (folder / "labels.npy").exists():
        model += ["--classes", np.load(folder / "labels.npy").max() + 1]
        cases = {"denoised": ["--labels", folder / "labels.npy"], "denoised_unconditional": []}
    for name, labels in cases.items():
        ndc("denoise", *model, *queries, *labels, "--out", tmp_path / "d.npy")
        reference = np.load(folder / f"{name}.npy")
        assert np.abs(np.load(tmp_path / "d.npy") - reference).max() <= PARITY * np.abs(reference).max()
        (tmp_path / "d.npy").unlink()


def certified(folder, *model):
    """The records of 20 digits: two levels and 25 votes each, which takes minutes."""
    ndc(
        "certify", *model, "--data", "mnist", "--count", 20, "--sigma", 0.5, "--method", "apndc", "--levels", 2.5, 5,
        "--weighting", "edm", "--stop", "fixed", "--selection-samples", 5, "--samples", 20, "--seed", 18,
        "--out", folder,
    )  # fmt: skip
    return [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def in_process(tmp_path_factory):
    return certified(tmp_path_factory.mktemp("ndc") / "run", "--model", BUNDLED, "--precision", "fp32")


def test_twenty_digits_get_the_votes_of_the_engine_in_process(port, in_process, tmp_path):
    url = f"http://127.0.0.1:{port}/v2/models/mnist"
    records = certified(tmp_path / "run", "--model", url, "--classes", 10, "--batch", BATCH)
    assert len(records) == 20 and [r["index"] for r in records] == [r["index"] for r in in_process]
    cast = moved = 0
    for ours, theirs in zip(in_process, records, strict=True):
        for kind in ("votes", "selectionVotes"):
            cast += sum(ours[kind])
            # Votes that must have gone elsewhere: at least so many of each image's are not the same.
            moved += sum(abs(a - b) for a, b in zip(ours[kind], theirs[kind], strict=True)) / 2
    assert cast == 20 * 25 and moved <= (1 - EQUAL_VOTES) * cast
