import importlib.util
import os
import sys
from pathlib import Path

import pytest

SERVING = Path(__file__).resolve().parent.parent
REPOSITORY = SERVING.parent
sys.path.insert(0, str(SERVING))
os.environ.setdefault("OMP_NUM_THREADS", "1")

FIXTURES = REPOSITORY / "Tests" / "UNetsTests" / "Fixtures"


def pieces(arrays, rows):
    """A request in several of so many rows."""
    count = len(next(iter(arrays.values())))
    return [{name: array[i : i + rows] for name, array in arrays.items()} for i in range(0, count, rows)]


def needs(server):
    """A parameter, skipped where the server is not installed.

    Its package is looked for and not imported: one process cannot hold both, since both define the protocol's messages.
    """
    package = {"triton": "pytriton", "mlserver": "mlserver"}[server]
    absent = importlib.util.find_spec(package) is None
    reason = f"{package} is not installed here (Serving/make-environment.sh DIR)"
    return pytest.param(server, marks=pytest.mark.skipif(absent, reason=reason))


@pytest.fixture
def fixture():
    """The path of one of the committed tiny networks."""
    return lambda name: FIXTURES / name
