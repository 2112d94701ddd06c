import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SERVING = Path(__file__).resolve().parent.parent
REPOSITORY = SERVING.parent
sys.path.insert(0, str(SERVING))
os.environ.setdefault("OMP_NUM_THREADS", "1")

FIXTURES = REPOSITORY / "Tests" / "UNetsTests" / "Fixtures"
SHARED = Path(os.environ.get("NDC_SHARED", REPOSITORY.parent / "shared"))
# Starting a server: importing PyTorch takes ten seconds on a busy machine.
PATIENCE = 300


def recorded():
    """The folders of EDM networks with recorded outputs: the committed ones, and the original's where at hand."""
    return [p.parent for f in (FIXTURES, SHARED / "fixtures/edm") for p in sorted(f.glob("*/model.pkl"))]


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


@contextlib.contextmanager
def running(log, server, *arguments, names):
    """The port of serve.py with these arguments, once the last of its models is ready."""
    from client import Client

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, SERVING / "serve.py", *arguments, "--server", server, "--port", port, "--threads", 1]
    with open(log, "w") as output:
        process = subprocess.Popen(
            [str(c) for c in [*command, "--name", *names]], stdout=output, stderr=output, cwd=log.parent
        )
    end = time.monotonic() + PATIENCE
    try:
        while not all(Client(port, name).is_ready() for name in names):
            assert process.poll() is None and time.monotonic() < end, log.read_text()[-3000:]
            time.sleep(0.5)
        yield port
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail(f"{server} did not end on SIGTERM")


@pytest.fixture
def fixture():
    """The path of one of the committed tiny networks."""
    return lambda name: FIXTURES / name
