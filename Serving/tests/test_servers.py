"""The real servers, each in a process of its own, where it is installed."""

import importlib.util
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

torch = pytest.importorskip("torch")
import numpy as np  # noqa: E402

from conftest import SERVING  # noqa: E402

PATIENCE = 300


def needs(package, server):
    absent = importlib.util.find_spec(package) is None
    reason = f"{package} is not installed here (make-environments.sh DIR {server})"
    return pytest.param(server, marks=pytest.mark.skipif(absent, reason=reason))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def asked(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return json.load(response)


def tensor(name, array):
    kind = {"float32": "FP32", "int64": "INT64"}[str(array.dtype)]
    return {"name": name, "datatype": kind, "shape": list(array.shape), "data": array.flatten().tolist()}


@pytest.fixture(scope="module", params=[needs("pytriton", "triton"), needs("mlserver", "mlserver")])
def address(request, tmp_path_factory):
    """The address of the tiny denoiser behind a real server, at 8 rows a call."""
    from conftest import FIXTURES

    port, log = free_port(), tmp_path_factory.mktemp(request.param) / "log.txt"
    command = [sys.executable, SERVING / "serve.py", FIXTURES / "tiny-ddpmpp-edm" / "model.pkl", "--name", "tiny"]
    command += ["--server", request.param, "--port", str(port), "--batch", "8", "--threads", "1"]
    with open(log, "w") as output:
        process = subprocess.Popen([str(c) for c in command], stdout=output, stderr=output, cwd=log.parent)
    url, end = f"http://127.0.0.1:{port}/v2/models/tiny", time.monotonic() + PATIENCE
    try:
        while True:
            assert process.poll() is None and time.monotonic() < end, log.read_text()[-3000:]
            try:
                urllib.request.urlopen(f"{url}/ready", timeout=5)
                break
            except OSError:
                time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()


def test_metadata(address):
    found = asked(address)
    described = {t["name"]: (t["datatype"], t["shape"]) for t in found["inputs"] + found["outputs"]}
    assert described == {
        "x": ("FP32", [-1, 1, 8, 8]), "sigma": ("FP32", [-1, 1]), "label": ("INT64", [-1, 1]),
        "denoised": ("FP32", [-1, 1, 8, 8]),
    }  # fmt: skip


def test_the_recorded_outputs_come_back(address, fixture):
    folder = fixture("tiny-ddpmpp-edm")
    x, sigma = np.load(folder / "x.npy"), np.load(folder / "sigma.npy").astype(np.float32)[:, None]
    labels, reference = np.load(folder / "labels.npy")[:, None], np.load(folder / "denoised.npy")
    for begin in range(0, len(x), 8):
        part = slice(begin, begin + 8)
        inputs = [tensor("x", x[part]), tensor("sigma", sigma[part]), tensor("label", labels[part])]
        output = asked(f"{address}/infer", {"inputs": inputs})["outputs"][0]
        found = np.array(output["data"], np.float32).reshape(output["shape"])
        assert output["name"] == "denoised" and output["shape"] == list(x[part].shape)
        assert np.abs(found - reference[part]).max() <= 2e-5 * np.abs(reference).max()


def test_a_wrong_label_is_an_error_and_the_server_goes_on(address):
    def inputs(label):
        x, sigma = np.zeros((1, 1, 8, 8), np.float32), np.ones((1, 1), np.float32)
        return {"inputs": [tensor("x", x), tensor("sigma", sigma), tensor("label", np.array([[label]]))]}

    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(f"{address}/infer", inputs(10))
    assert refused.value.code >= 400 and b"expected -1 to 9" in refused.value.read()
    assert asked(f"{address}/infer", inputs(-1))["outputs"]
