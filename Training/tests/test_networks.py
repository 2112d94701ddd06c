import pytest

torch = pytest.importorskip("torch")

import denoisers  # noqa: E402
import fast_norm  # noqa: E402
from networks import multihead  # noqa: E402
from networks.encoder_classifier import EncoderClassifier  # noqa: E402


def network(name="multihead-tiny", seed=0):
    denoiser = multihead.MultiHeadDenoiser(denoisers.NAMED[name])
    generator = torch.Generator().manual_seed(seed)
    multihead.initialise(denoiser, generator)
    with torch.no_grad():
        for path, p in denoiser.named_parameters():
            if path.endswith("conv1.weight"):  # zero after initialisation
                p.normal_(0, 0.1, generator=generator)
    return denoiser


def inputs(count=3):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 3, 32, 32, generator=generator), torch.tensor([0.5, 1.0, 2.0])[:count]


def test_the_bundled_size():
    denoiser = multihead.MultiHeadDenoiser(denoisers.NAMED["multihead"])
    assert multihead.parameter_count(denoiser) == 5_082_372
    names = denoiser.state_dict().keys()
    assert {"model.enc.16x16_conv.weight", "model.enc.8x8_block0.skip.bias", "model.dec.8x8_lift.weight"} <= names
    assert denoiser.state_dict()["model.out_conv.weight"].shape == (132, 64, 1, 1)


def test_one_pass_gives_all_heads_and_the_losses_are_their_distances():
    denoiser, (x, s) = network(), inputs()
    d = denoiser(x, s)
    assert d.shape == (3, 11, 3, 32, 32)
    expected = (d[:, :-1] - d[:, -1:]).flatten(2).square().sum(dim=2)
    torch.testing.assert_close(denoiser.class_losses(x, s), expected, rtol=1e-4, atol=1e-4)


def test_a_head_reads_its_own_slice_of_the_last_convolution():
    denoiser, (x, s) = network(), inputs()
    before = denoiser(x, s)
    with torch.no_grad():
        denoiser.model.out_conv.bias[4 * 12 : 5 * 12] += 1
    changed = (denoiser(x, s) - before).abs().amax(dim=(0, 2, 3, 4)) > 1e-3
    assert changed.nonzero().flatten().tolist() == [4]


def test_a_vanishing_level_returns_the_image():
    denoiser, (x, _) = network(), inputs()
    torch.testing.assert_close(denoiser(x, torch.full((3,), 1e-5))[:, 5], x, rtol=1e-3, atol=1e-3)


def test_an_image_does_not_depend_on_its_batch():
    denoiser, (x, s) = network(), inputs()
    torch.testing.assert_close(denoiser(x, s)[1:2], denoiser(x[1:2], s[1:2]), rtol=1e-4, atol=1e-5)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="divisible"):
        multihead.MultiHeadArchitecture(img_resolution=28)
    with pytest.raises(ValueError, match="a level"):
        multihead.MultiHeadArchitecture(encoder_blocks=(1,))


def test_the_architecture_survives_its_dictionary():
    a = denoisers.NAMED["multihead-small"]
    assert multihead.MultiHeadArchitecture.from_dict(a.as_dict()) == a


def test_the_classifier_has_the_encoder_only():
    classifier = EncoderClassifier(denoisers.NAMED["multihead-tiny"])
    assert classifier(*inputs()).shape == (3, 10)
    assert not any(".dec." in name for name, _ in classifier.named_parameters())


@pytest.mark.parametrize("adaptive", [False, True])
def test_the_fused_norm_agrees_with_pytorchs(adaptive):
    if not fast_norm.install():
        pytest.skip("no C compiler")
    generator = torch.Generator().manual_seed(2)
    norm = multihead.group_norm(16)
    with torch.no_grad():
        norm.weight.normal_(1, 0.3, generator=generator)
        norm.bias.normal_(0, 0.3, generator=generator)
    x = torch.randn(4, 16, 8, 8, generator=generator).bfloat16()
    moved = [torch.randn(4, 16, generator=generator).requires_grad_() for _ in range(2)] if adaptive else []
    weights = torch.randn(x.shape, generator=generator)
    results = []
    for function, kind in [(fast_norm._plain, torch.float32), (fast_norm.norm_silu, torch.bfloat16)]:
        given = x.to(kind).requires_grad_()
        y = function(norm, given, *moved).float()
        results.append([y, *torch.autograd.grad((y * weights).sum(), [given, norm.weight, norm.bias, *moved])])
    for exact, fused in zip(*results, strict=True):
        assert (fused.float() - exact).norm() <= 0.01 * exact.norm()  # bfloat16 has 8 bits
