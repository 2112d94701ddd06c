"""The real servers, each in a process of its own, where it is installed."""

import json
import threading
import time
import urllib.error
import urllib.request

import pytest

torch = pytest.importorskip("torch")
import numpy as np  # noqa: E402

from client import Client  # noqa: E402
from conftest import FIXTURES, needs  # noqa: E402
from try_servers import PATIENCE, running  # noqa: E402


def asked(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return json.load(response)


def tensor(name, array):
    kind = {"float32": "FP32", "int64": "INT64"}[str(array.dtype)]
    return {"name": name, "datatype": kind, "shape": list(array.shape), "data": array.flatten().tolist()}


CLASSIFIER = """
import torch


class Sums(torch.nn.Module):
    image_shape, classes = (1, 2, 2), 3

    def forward(self, x):
        return x.flatten(1)[:, :3].cumsum(dim=1)


def model():
    return Sums()
"""


@pytest.fixture(scope="module", params=[needs("triton"), needs("mlserver")])
def server(request):
    return request.param


@pytest.fixture(scope="module")
def port(server, tmp_path_factory):
    """Of a real server at 8 rows a call: the tiny denoiser, and a classifier from a Python file."""
    folder = tmp_path_factory.mktemp(server)
    (folder / "sums.py").write_text(CLASSIFIER)
    sources = (FIXTURES / "tiny-ddpmpp-edm" / "model.pkl", folder / "sums.py")
    with running(folder / "log.txt", server, *sources, "--batch", 8, "--threads", 1, names=("tiny", "sums")) as port:
        yield port


@pytest.fixture
def address(port):
    return f"http://127.0.0.1:{port}/v2/models/tiny"


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


def test_a_classifier_beside_it(port):
    x = np.random.default_rng(0).standard_normal((5, 1, 2, 2), np.float32)
    found = Client(port, "sums").infer({"x": x})
    assert found.dtype == np.float32 and np.allclose(found, x.reshape(5, 4)[:, :3].cumsum(axis=1), atol=1e-6)


def test_bytes_and_json_and_requests_at_once_give_the_same(port, server, fixture):
    folder = fixture("tiny-ddpmpp-edm")
    x, sigma = np.load(folder / "x.npy")[:4], np.load(folder / "sigma.npy").astype(np.float32)[:4, None]
    request = {"x": x, "sigma": sigma, "label": np.array([[0], [-1], [3], [-1]])}
    backwards = {name: array[::-1].copy() for name, array in request.items()}
    reference, results = Client(port, "tiny", binary=False).infer(request), {}

    def ask(place):
        client = Client(port, "tiny", binary=None if place < 2 else False)
        results[place] = [client.infer(backwards if place % 2 else request) for _ in range(8)]

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert ("binary_tensor_data" in Client(port, "tiny").server()["extensions"]) == (server == "triton")
    assert sorted(results) == [0, 1, 2, 3]
    for place, answers in results.items():
        for answer in answers:
            assert np.array_equal(answer, reference[::-1] if place % 2 else reference)


def test_a_connection_may_be_idle(port):
    client, request = Client(port, "sums"), {"x": np.ones((1, 1, 2, 2), np.float32)}
    client.infer(request)
    # More than uvicorn's default of five seconds.
    time.sleep(6)
    assert client.infer(request).shape == (1, 3)
