"""What a row's answer may depend on, and what is refused."""

import shutil

import pytest

torch = pytest.importorskip("torch")
import numpy as np  # noqa: E402
from torch import nn  # noqa: E402

from adapters import Classifier, Denoiser  # noqa: E402
from adapters.own import load_model  # noqa: E402
from conftest import SERVING  # noqa: E402
from runtime.fixed_batch import Execution, FixedBatch  # noqa: E402
from runtime.signature import Signature  # noqa: E402


@pytest.fixture
def served(fixture):
    model = FixedBatch(load_model(str(fixture("tiny-ddpmpp-edm") / "model.pkl")), "cpu", Execution(batch=16))
    yield model
    model.close()


def queries(rows, shape=(1, 8, 8)):
    random = np.random.default_rng(1)
    return {
        "x": random.standard_normal((rows, *shape), np.float32),
        "sigma": random.uniform(0.05, 10, (rows, 1)).astype(np.float32),
        "label": random.integers(-1, 10, (rows, 1)),
    }


def rows_of(arrays, chosen):
    return {name: array[chosen] for name, array in arrays.items()}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_row_does_not_depend_on_its_companions(fixture, precision):
    model = load_model(str(fixture("tiny-ddpmpp-edm") / "model.pkl"))
    served = FixedBatch(model, "cpu", Execution(batch=16, precision=precision))
    arrays = queries(16)
    whole = served(arrays)["denoised"]
    order = np.random.default_rng(2).permutation(16)
    assert np.array_equal(served(rows_of(arrays, order))["denoised"], whole[order])
    for row in (0, 7, 15):
        assert np.array_equal(served(rows_of(arrays, [row]))["denoised"], whole[[row]])
    served.close()


def test_fewer_rows_run_the_same_batch():
    seen = []

    class Watching(nn.Module):
        image_shape, classes = (1, 2, 2), 3

        def forward(self, x):
            seen.append(x.clone())
            return x.flatten(1)[:, :3]

    served = FixedBatch(Watching(), "cpu", Execution(batch=4))
    x = np.arange(8, dtype=np.float32).reshape(2, 1, 2, 2)
    x.flags.writeable = False
    assert np.array_equal(served({"x": x})["logits"], x.reshape(2, 4)[:, :3])
    assert seen[0].shape == (4, 1, 2, 2) and torch.equal(seen[0][2], seen[0][1]) and torch.equal(seen[0][3], seen[0][1])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x", np.zeros((2, 1, 8, 9), np.float32), "x: expected float32"),
        ("x", np.zeros((2, 1, 8, 8)), "found float64"),
        ("sigma", np.ones((3, 1), np.float32), "sigma: expected"),
        ("sigma", np.array([[1], [0]], np.float32), "positive"),
        ("sigma", np.array([[1], [np.nan]], np.float32), "finite"),
        ("label", np.array([[0], [10]]), "expected -1 to 9"),
        ("label", np.array([[0], [-2]]), "expected -1 to 9"),
        ("x", np.zeros((17, 1, 8, 8), np.float32), "1 to 16"),
        ("x", np.zeros((0, 1, 8, 8), np.float32), "1 to 16"),
        ("more", np.zeros(1), "inputs"),
    ],
)
def test_what_the_contract_forbids_is_refused(served, name, value, message):
    with pytest.raises(ValueError, match=message):
        served(queries(2) | {name: value})


def test_an_answer_that_is_not_finite_is_refused():
    class Overflowing(nn.Module):
        image_shape, classes = (1, 2, 2), 2

        def forward(self, x):
            return x.flatten(1)[:, :2] / 0

    with pytest.raises(ValueError, match="not finite"):
        FixedBatch(Overflowing(), "cpu", Execution(batch=2)).warm_up()


def test_an_answer_of_another_shape_is_refused():
    class Wrong(nn.Module):
        image_shape, classes = (1, 2, 2), 2

        def forward(self, x):
            return x

    with pytest.raises(ValueError, match="the model gave"):
        FixedBatch(Wrong(), "cpu", Execution(batch=2)).warm_up()


def test_an_object_that_is_neither_is_refused():
    for kind in (
        type("A", (), {}),
        type("B", (), {"image_shape": (1, 2, 2)}),
        type("C", (), {"image_shape": (1, 0, 2)}),
    ):
        with pytest.raises(TypeError):
            Signature.of(kind())


def test_the_function_example_is_the_exact_denoiser():
    model = load_model(str(SERVING / "examples" / "python_function.py"))
    assert isinstance(model, Denoiser) and not isinstance(model, Classifier)
    x, sigma = torch.full((3, 1, 8, 8), 0.25), torch.full((3,), 0.2)
    found = model(x, sigma, torch.tensor([1, 0, -1]))
    assert torch.allclose(found[0], torch.full((1, 8, 8), 0.5 + 0.5 * (0.25 - 0.5)))
    assert torch.allclose(found[1], torch.full((1, 8, 8), -0.5 + 0.5 * (0.25 + 0.5)))
    assert torch.allclose(found[2], found[0], atol=1e-4)


@pytest.mark.skipif(not shutil.which("c++"), reason="torch.compile needs a C++ compiler on cpu")
def test_compiled_gives_what_eager_gives():
    # The smallest model there is: compiling a network takes minutes on a busy machine.
    path = str(SERVING / "examples" / "python_function.py")
    eager, compiled = (FixedBatch(load_model(path), "cpu", Execution(4, "fp32", mode)) for mode in (None, "default"))
    arrays = queries(4)
    arrays["label"] = np.array([[0], [1], [-1], [-1]])
    assert np.allclose(compiled(arrays)["denoised"], eager(arrays)["denoised"], atol=1e-5)
