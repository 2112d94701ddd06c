"""Models whose answers depend on more than their row are found out before they are served."""

import itertools

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from adapters.own import load_model  # noqa: E402
from runtime.consistency import inconsistency  # noqa: E402
from runtime.fixed_batch import Execution, FixedBatch  # noqa: E402
from runtime.signature import Signature  # noqa: E402

EXECUTION = Execution(batch=8)


class Classifier(nn.Module):
    image_shape, classes = (1, 2, 2), 3

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return x.flatten(1)[:, :3] + self.function(x)


def tried(*functions):
    return inconsistency([FixedBatch(Classifier(function), "cpu", EXECUTION) for function in functions])


def test_a_network_is_consistent(fixture):
    path = str(fixture("tiny-ddpmpp-edm") / "model.pkl")
    assert inconsistency([FixedBatch(load_model(path), "cpu", EXECUTION) for _ in range(2)]) is None


def test_each_kind_of_dependence_is_named():
    assert tried(lambda x: 0) is None
    counter = itertools.count()
    assert tried(lambda x: next(counter)) == "the time"
    assert tried(lambda x: 0, lambda x: 1e-6) == "the device (cpu and cpu differ)"
    assert tried(lambda x: torch.arange(len(x))[:, None]) == "the place in the batch"
    # The same for every order, as a sum of whole numbers is, but not for fewer rows.
    assert tried(lambda x: (x > 0.5).sum()) == "the other rows"


@pytest.mark.parametrize(
    ("label_dim", "unconditional", "labels"), [(3, True, range(-1, 3)), (3, False, range(3)), (0, True, range(-1, 0))]
)
def test_the_labels_that_are_answered(label_dim, unconditional, labels):
    kind = type("D", (), {"image_shape": (1, 2, 2), "label_dim": label_dim, "unconditional": unconditional})
    signature = Signature.of(kind())
    assert signature.labels == labels
    request = signature.example(7)
    assert set(request["label"].flatten().tolist()) == set(labels) and signature.checked(request, 7)
    for label in (labels.start - 1, labels.stop):
        with pytest.raises(ValueError, match=f"expected {labels.start} to {labels.stop - 1}"):
            signature.checked(request | {"label": 0 * request["label"] + label}, 7)


def test_a_denoiser_answers_a_label_or_none():
    with pytest.raises(TypeError, match="neither a label nor none"):
        Signature.of(type("D", (), {"image_shape": (1, 2, 2), "label_dim": 0, "unconditional": False})())
