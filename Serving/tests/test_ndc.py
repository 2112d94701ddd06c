"""`ndc` itself as the client of both servers, with fewer votes than try_servers.py; skipped where it is not built."""

import os
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from conftest import REPOSITORY, needs  # noqa: E402
from try_servers import BATCH, BUNDLED, EQUAL_VOTES, PARITY, Program, Votes, networks, recorded, running  # noqa: E402

NDC = Program(Path(os.environ.get("NDC", REPOSITORY / ".build/release/ndc")))
VOTES = 25

pytestmark = pytest.mark.skipif(not NDC.path.exists(), reason=f"{NDC.path} is not built (NDC names it)")


@pytest.fixture(scope="module", params=[needs("triton"), needs("mlserver")])
def port(request, tmp_path_factory):
    """Of one server with all recorded networks and the bundled model."""
    log = tmp_path_factory.mktemp(request.param) / "log.txt"
    sources = [folder / "model.pkl" for folder in recorded()] + [BUNDLED]
    names = [folder.name for folder in recorded()] + ["mnist"]
    with running(log, request.param, *sources, "--batch", BATCH, "--threads", 1, names=names) as port:
        yield port


def test_every_recorded_network_has_parity_through_the_wire(port, tmp_path):
    rows = networks(NDC, port, tmp_path)
    assert len(rows) > len(recorded()) >= 3
    assert all(row["recorded"] <= PARITY and row["engine"] <= PARITY for row in rows), rows


@pytest.fixture(scope="module")
def in_process(tmp_path_factory):
    return NDC.certified(["--model", BUNDLED, "--precision", "fp32"], VOTES, tmp_path_factory.mktemp("ndc") / "run")


def test_twenty_digits_get_the_votes_of_the_engine_in_process(port, in_process, tmp_path):
    url = f"http://127.0.0.1:{port}/v2/models/mnist"
    votes = Votes.compared(
        in_process, NDC.certified(["--model", url, "--classes", 10, "--batch", BATCH], VOTES, tmp_path / "run")
    )
    assert votes.cast > 300 and votes.equal >= EQUAL_VOTES


def record(candidate, against, counts, samples=10, selection=(4, 0)):
    gaps = [b - a for a, b in zip([0, *against], against, strict=False)]
    return {
        "index": 0, "candidate": candidate, "samples": samples, "votes": list(counts), "radius": 0.1,
        "selectionVotes": list(selection), "against": {"gaps": gaps},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("other", "different"),
    [
        (record(0, [2, 5], (8, 2)), 0),
        # Two changes that no count shows.
        (record(0, [2, 4], (8, 2)), 2),
        (record(0, [2], (9, 1)), 1),
        # What one run cast alone.
        (record(0, [2, 5], (6, 2), samples=8), 2),
        (record(1, [0, 1, 2, 3], (4, 6)), 4),
        (record(0, [2, 5], (8, 2), selection=(3, 1)), 1),
    ],
)
def test_votes_are_compared_one_by_one(other, different):
    votes = Votes.compared([record(0, [2, 5], (8, 2))], [other])
    assert (votes.cast, votes.different) == (14, different)
