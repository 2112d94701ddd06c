import math

import pytest

torch = pytest.importorskip("torch")

import losses  # noqa: E402
import muon  # noqa: E402
from loop import rate_factor  # noqa: E402


def test_a_perfect_denoiser_has_no_loss():
    generator = torch.Generator().manual_seed(0)
    clean, noise = torch.randn(2, 4, 3, 8, 8, generator=generator)
    s = torch.tensor([0.1, 0.5, 1.0, 5.0])
    total = s**2 + 0.25
    c_skip, c_out = 0.25 / total, s * 0.5 / total.sqrt()
    x = clean + s.view(-1, 1, 1, 1) * noise
    f = (clean - c_skip.view(-1, 1, 1, 1) * x) / c_out.view(-1, 1, 1, 1)
    assert losses.denoising(f, x, clean, c_skip, c_out).abs().max() < 1e-9
    worse = losses.denoising(f + 0.1, x, clean, c_skip, c_out)
    torch.testing.assert_close(worse, torch.full((4,), 0.01), rtol=1e-3, atol=0)


def test_consistency_is_the_divergence_to_the_mean_and_its_entropy():
    p = torch.tensor([[[0.8, 0.2]], [[0.4, 0.6]]])
    mean = [0.6, 0.4]
    kl = sum(m * math.log(m / q) for copy in ([0.8, 0.2], [0.4, 0.6]) for m, q in zip(mean, copy, strict=True)) / 2
    entropy = -sum(m * math.log(m) for m in mean)
    for weight in (1, 10):
        found = losses.consistency(p.log(), weight, entropy=0.5).item()
        assert found == pytest.approx(weight * kl + 0.5 * entropy, rel=1e-5)


def test_equal_certain_copies_are_consistent():
    certain = torch.tensor([[[30.0, 0.0]], [[30.0, 0.0]]]).log_softmax(dim=-1)
    assert losses.consistency(certain).item() == pytest.approx(0, abs=1e-6)


def test_one_copy_has_cross_entropy_alone():
    logits, labels = torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([1, 0])
    cross, consistent = losses.classification(logits, labels, copies=1, weight=10)
    assert cross.item() == pytest.approx(torch.nn.functional.cross_entropy(logits, labels).item())
    assert consistent.item() == 0


def test_distillation_is_the_divergence_of_a_teacher_to_the_pupil():
    q, p = [[0.7, 0.3], [0.5, 0.5]], [[0.4, 0.6], [0.5, 0.5]]
    expected = sum(a * math.log(a / b) for a, b in zip(q[0], p[0], strict=True)) / 2
    # Logits are probabilities' logarithms up to a constant.
    found = losses.distillation(torch.tensor(p).log() + 3, torch.tensor(q).log() - 2).item()
    assert found == pytest.approx(expected, rel=1e-5)
    assert losses.distillation(torch.tensor(q).log(), torch.tensor(q).log()).item() == pytest.approx(0, abs=1e-6)


def test_noise_is_drawn_around_the_levels():
    generator = torch.Generator().manual_seed(0)
    s = losses.around(4000, [0.5, 2.0], [0.75, 0.25], 0.1, generator)
    low = s < 1
    assert low.float().mean().item() == pytest.approx(0.75, abs=0.03)
    assert s[low].log().std().item() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("shape", [(16, 144), (64, 16)])
def test_muon_makes_singular_values_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(muon.orthogonalised(matrix, steps=4))
    assert 0.4 < values.min() and values.max() < 1.4


def test_muon_trains_inner_convolutions_only():
    import denoisers
    from networks.multihead import MultiHeadDenoiser

    denoiser = MultiHeadDenoiser(denoisers.NAMED["multihead-tiny"])
    hidden, rest = muon.optimizers(denoiser, 0.02, 2e-3, 0.0)
    names = {id(p): name for name, p in denoiser.named_parameters()}
    trained = {names[id(p)] for p in hidden.param_groups[0]["params"]}
    assert "model.enc.8x8_block0.conv0.weight" in trained and "model.dec.16x16_lift.weight" in trained
    assert not trained & {"model.enc.16x16_conv.weight", "model.out_conv.weight"}
    assert len(trained) + len(rest.param_groups[0]["params"]) == len(names)


def test_the_rate_rises_stays_and_falls():
    factors = [rate_factor(seen, 1000, 100, 0.4) for seen in (0, 50, 300, 599, 800, 1000)]
    assert factors == pytest.approx([0.01, 0.51, 1, 1, 0.5, 0])
