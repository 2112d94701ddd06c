"""The EDM networks against recorded outputs, through the same path as a served row."""

import json
import os
import pickle

import pytest

torch = pytest.importorskip("torch")
import numpy as np  # noqa: E402

from adapters.own import load_model  # noqa: E402
from conftest import REPOSITORY, pieces  # noqa: E402
from networks import edm_network, multihead, ndc_safetensors  # noqa: E402
from runtime.fixed_batch import Execution, FixedBatch  # noqa: E402
from try_servers import recorded  # noqa: E402


@pytest.mark.parametrize("folder", recorded(), ids=lambda folder: folder.name)
def test_fixtures_through_the_fixed_batch(folder):
    served = FixedBatch(load_model(str(folder / "model.pkl")), "cpu", Execution(batch=4))
    served.warm_up()
    x, sigma = np.load(folder / "x.npy"), np.load(folder / "sigma.npy").astype(np.float32)[:, None]
    none = np.full((len(sigma), 1), -1, np.int64)
    if (folder / "labels.npy").exists():
        cases = {"denoised": np.load(folder / "labels.npy")[:, None], "denoised_unconditional": none}
    else:
        cases = {"denoised": none}
    for name, label in cases.items():
        reference = np.load(folder / f"{name}.npy")
        rows = pieces({"x": x, "sigma": sigma, "label": label}, 4)
        found = np.concatenate([served(part)["denoised"] for part in rows])
        assert np.abs(found - reference).max() <= 2e-5 * np.abs(reference).max()
    served.close()


def test_labels_and_none_may_stand_in_one_batch(fixture):
    denoiser = edm_network.load_pickle(fixture("tiny-ncsnpp-ve") / "model.pkl")
    x, s = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)), torch.tensor([0.5, 2.0])
    both = denoiser(x, s, torch.tensor([1, -1]))
    assert torch.allclose(both[0], denoiser(x, s, torch.tensor([1, 1]))[0], atol=1e-6)
    assert torch.allclose(both[1], denoiser(x, s, None)[1], atol=1e-6)


def test_the_bundled_safetensors_loads():
    model = load_model(str(REPOSITORY / "Resources" / "models" / "edm-mnist-32x32-cond.safetensors"))
    assert model.image_shape == (1, 32, 32) and model.label_dim == 10


def test_multi_head_serves_the_head_of_the_label(tmp_path):
    network = {
        "kind": "MultiHeadUNet", "imageResolution": 16, "imageChannels": 3, "labelDimension": 4, "patch": 2,
        "channels": [8, 16], "encoderBlocks": [1, 1], "decoderBlocks": [1], "noiseChannels": 8, "embeddingChannels": 16,
    }  # fmt: skip
    described = json.loads(json.dumps({"network": network, "preconditioning": {"kind": "EDM", "sigmaData": 0.5}}))
    denoiser = multihead.MultiHeadDenoiser(ndc_safetensors.multihead_architecture(described))
    multihead.initialise(denoiser, torch.Generator().manual_seed(0))
    x, s = torch.randn(3, 3, 16, 16), torch.tensor([0.2, 1.0, 3.0])
    with torch.inference_mode():
        every = denoiser(x, s)
        file = tmp_path / "model.safetensors"
        ndc_safetensors.write(file, denoiser.state_dict(), {"ndc.architecture": json.dumps(described)})
        served = load_model(str(file))
        found = served(x, s, torch.tensor([2, -1, 0]))
        assert torch.equal(found, torch.stack([every[0, 2], every[1, 4], every[2, 0]]))
        # In bfloat16 as in float32, but for its rounding.
        served.lower(torch.bfloat16)
        assert torch.allclose(served(x, s, torch.tensor([2, -1, 0])), found, atol=0.05)


def test_a_pickle_is_not_executed(tmp_path, monkeypatch):
    class Planted:
        def __reduce__(self):
            return os.system, ("touch planted",)

    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({"ema": Planted()}))
    with pytest.raises(pickle.UnpicklingError, match="unknown global (posix|nt).system"):
        load_model(str(tmp_path / "model.pkl"))
    assert not (tmp_path / "planted").exists()
