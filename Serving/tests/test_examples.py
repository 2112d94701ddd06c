"""The examples, without the packages and the weights that they stand for."""

import importlib.util
import sys
import tarfile
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
import numpy as np  # noqa: E402

from adapters.own import load_model  # noqa: E402
from conftest import SERVING, pieces  # noqa: E402
from networks import multihead, ndc_safetensors  # noqa: E402
from networks.encoder_classifier import EncoderClassifier  # noqa: E402
from runtime.fixed_batch import Execution, FixedBatch  # noqa: E402
from runtime.signature import Signature  # noqa: E402
from try_servers import SHARED  # noqa: E402


def example(name):
    spec = importlib.util.spec_from_file_location(name, SERVING / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_resnet56_has_the_published_size_and_refuses_other_tensors(tmp_path):
    network = example("resnet56").ResNet56()
    assert sum(p.numel() for p in network.parameters()) == 853_018
    kept = {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    file = tmp_path / "resnet56.safetensors"
    ndc_safetensors.write(file, kept, {})
    found = load_model(str(SERVING / "examples" / "resnet56.py"), file)
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(found.eval()(x), network.eval()(x)) and found(x).shape == (2, 10)
    ndc_safetensors.write(file, {k: v for k, v in kept.items() if k != "linear.bias"}, {})
    with pytest.raises(ValueError, match="linear.bias"):
        load_model(str(SERVING / "examples" / "resnet56.py"), file)


def test_the_baseline_of_equal_trunk_knows_its_noise(tmp_path):
    architecture = multihead.MultiHeadArchitecture(
        8, 3, 3, patch=2, channels=(8, 16), encoder_blocks=(1, 1), decoder_blocks=(1,), noise_channels=8, embedding=16
    )
    classifier = EncoderClassifier(architecture).eval()
    file = tmp_path / "final.pt"
    torch.save({"architecture": architecture.as_dict(), "ema": classifier.state_dict()}, file)
    x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    for function, level in (("sigma_0_25", 0.5), ("sigma_0_5", 1.0), ("sigma_1", 2.0)):
        served = load_model(f"{SERVING / 'examples' / 'noise_classifier.py'}:{function}", file).eval()
        assert served.image_shape == (3, 8, 8) and served.classes == 3
        with torch.inference_mode():
            assert torch.equal(served(x), classifier(2 * x - 1, torch.full((2,), level)))
    mirrored = load_model(f"{SERVING / 'examples' / 'noise_classifier.py'}:mirrored_0_5", file).eval()
    with torch.inference_mode():
        both = [classifier(2 * v - 1, torch.ones(2)) for v in (x, x.flip(3))]
        torch.testing.assert_close(mirrored(x), (both[0] + both[1]) / 2)
        torch.testing.assert_close(mirrored(x.flip(3)), mirrored(x))


@pytest.mark.parametrize("prediction", ["epsilon", "sample", "v_prediction"])
@pytest.mark.parametrize("classes", [10, None])
def test_the_diffusers_adapter_scales_times_and_labels(prediction, classes):
    """Of x₀ ~ N(0, 1) the denoiser is x/(1+s²), whatever the network is said to predict."""
    asked, s = {}, torch.empty(4)
    right = {
        "epsilon": lambda z, s: z * s / (1 + s**2).sqrt(), "sample": lambda z, s: z / (1 + s**2).sqrt(),
        "v_prediction": lambda z, s: 0 * z,
    }  # fmt: skip

    class FakeUNet(torch.nn.Module):
        config = SimpleNamespace(in_channels=1, sample_size=4, num_class_embeds=classes)

        def forward(self, z, time, class_labels):
            asked.update(time=time, labels=class_labels)
            return SimpleNamespace(sample=right[prediction](z, s.view(-1, 1, 1, 1)))

    model = example("diffusers_unet").DiffusersDenoiser(FakeUNet(), torch.linspace(1e-4, 0.02, 1000), prediction)
    signature = Signature.of(model)
    # The network has no answer without a class: −1 is refused, not taken for the last one.
    assert signature.labels == (range(10) if classes else range(-1, 0)) and model.image_shape == (1, 4, 4)
    between = (model.levels[3] + model.levels[4]) / 2
    s[:] = torch.stack([model.levels[100], between, torch.tensor(-20.0), torch.tensor(20.0)]).exp()
    x = torch.randn(4, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    found = model(x, s, torch.tensor([3, 1, 0, 9]) if classes else torch.full((4,), -1))
    assert torch.allclose(asked["time"], torch.tensor([100, 3.5, 0, 999]), atol=1e-2)
    assert asked["labels"].tolist() == [3, 1, 0, 9] if classes else asked["labels"] is None
    assert torch.allclose(found, x / (1 + s.view(-1, 1, 1, 1) ** 2), rtol=1e-4, atol=1e-6)


def test_a_diffusers_network_gives_the_recorded_outputs():
    pytest.importorskip("diffusers")
    folder = SHARED / "fixtures/families/diffusers"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent")
    served = FixedBatch(
        load_model(str(SERVING / "examples" / "diffusers_unet.py"), folder / "model"), "cpu", Execution(batch=8)
    )
    sigma, labels = np.load(folder / "sigma.npy").astype(np.float32)[:, None], np.load(folder / "labels.npy")[:, None]
    request = {"x": np.load(folder / "x.npy"), "sigma": sigma, "label": labels}
    reference = np.load(folder / "denoised.npy")
    found = np.concatenate([served(rows)["denoised"] for rows in pieces(request, 8)])
    # Row by row: at a high level D is a thousand times larger.
    error, largest = np.abs(found - reference).max(axis=(1, 2, 3)), np.abs(reference).max(axis=(1, 2, 3))
    assert (error <= 2e-5 * largest).all()


def test_resnet56_knows_cifar10():
    weights, archive = SHARED / "models/resnet56-cifar10.safetensors", SHARED / "data/cifar-10-batches-bin.tar.xz"
    if not (weights.exists() and archive.exists()):
        pytest.skip(f"{weights} or {archive} is absent")
    with tarfile.open(archive) as files:
        member = next(m for m in files if m.name.endswith("test_batch.bin"))
        raw = np.frombuffer(files.extractfile(member).read(100 * 3073), np.uint8).reshape(-1, 3073)
    served = FixedBatch(load_model(str(SERVING / "examples" / "resnet56.py"), weights), "cpu", Execution(batch=50))
    pixels = raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255
    logits = np.concatenate([served(rows)["logits"] for rows in pieces({"x": pixels}, 50)])
    assert (logits.argmax(axis=1) == raw[:, 0]).mean() >= 0.9


def test_the_torchvision_adapter_normalises():
    model = example("torchvision_classifier").Normalised(torch.nn.Flatten(), (3, 1, 1), 3)
    mean = torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1)
    assert torch.allclose(model(mean), torch.zeros(1, 3)) and Signature.of(model).output.name == "logits"


def test_the_digit_classifier_trains_and_is_served(tmp_path, monkeypatch, capsys):
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 500).astype(np.uint8)
    images = (25 * labels[:, None, None] + random.integers(0, 20, (500, 28, 28))).astype(np.uint8)
    for name, array in [("images-idx3", images), ("labels-idx1", labels)]:
        head = b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes()
        (tmp_path / f"train-{name}-ubyte").write_bytes(head + array.tobytes())
    out = tmp_path / "digits.safetensors"
    command = ["train", "--data", tmp_path, "--sigma", 0.1, "--minutes", 0.05, "--threads", 1, "--out", out]
    monkeypatch.setattr(sys, "argv", [str(word) for word in command])
    example("train_mnist_classifier").main()
    assert "held-out" in capsys.readouterr().out
    source = str(SERVING / "examples" / "train_mnist_classifier.py")
    served = FixedBatch(load_model(source, out), "cpu", Execution(batch=4))
    assert served({"x": np.zeros((3, 1, 32, 32), np.float32)})["logits"].shape == (3, 10)
    assert ndc_safetensors.header(out)[1]["sigma"] == "0.1"
