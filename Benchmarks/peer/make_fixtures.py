"""Writes small random checkpoints over many architecture options, with this folder's network's outputs for them.

    make_fixtures.py OUTDIR [--only NAME …] [--list]

Each OUTDIR/NAME/ holds model.pkl (a multi-head network: model.safetensors), x.npy, sigma.npy, labels.npy (absent when
unconditional), denoised.npy and denoised_unconditional.npy; of a multi-head network also denoised_all.npy [N, K + 1, …], the
last head's the unconditional, and losses.npy [N, K], ‖D_y − D_none‖² in double precision. EDM2's lie in OUTDIR/families. Check
this network first (check_parity.py): its outputs are only as good as that.
"""

import argparse
import pathlib

import numpy
import torch

import edm_pickle_writer
from edm_pickle_writer import Layout
import paths  # noqa: F401
import edm2_pickle_writer
from networks import edm2_network, edm_network
from networks.edm_network import Architecture
from networks.multihead import MultiHeadArchitecture, MultiHeadDenoiser
from networks.ndc_safetensors import encoded, multihead_description
from networks.ndc_safetensors import write as write_safetensors

SONG = dict(network="SongUNet", img_resolution=16, model_channels=16, channel_mult=[1, 2], num_blocks=1, attn_resolutions=[8])
ADM = dict(network="DhariwalUNet", img_resolution=16, model_channels=32, channel_mult=[1, 2], num_blocks=1, attn_resolutions=[8])

EDM2 = dict(img_resolution=16, img_channels=3, model_channels=16, channel_mult=[1, 2], num_blocks=1, attn_resolutions=[8], channels_per_head=8)
HALF = Layout(dtype=torch.float16)


def song(precond="EDMPrecond", label_dim=10, **options):
    return Architecture.of(precond, **{**SONG, "label_dim": label_dim, **options})


def adm(precond="EDMPrecond", label_dim=10, **options):
    return Architecture.of(precond, **{**ADM, "label_dim": label_dim, **options})


def edm2(label_dim=10, **options):
    return edm2_network.Architecture.of(**{**EDM2, "label_dim": label_dim, **options})


ONE_THREE = dict(resample_filter=[1, 3, 3, 1])
NCSN = dict(embedding_type="fourier", encoder_type="residual", channel_mult_noise=2, **ONE_THREE)

CASES = {
    # The smallest ones, for tests inside the repository.
    "tiny-ddpmpp-edm": (song(img_resolution=8, model_channels=16, channel_mult=[1, 1], channel_mult_emb=2, attn_resolutions=[4], img_channels=1, augment_dim=2), Layout(dtype=torch.float16)),
    "tiny-ncsnpp-ve": (song("VEPrecond", img_resolution=8, channel_mult=[1, 1], channel_mult_emb=1, attn_resolutions=[], label_dim=3, **NCSN), Layout(dtype=torch.bfloat16)),
    "tiny-adm-iddpm": (adm("iDDPMPrecond", img_resolution=8, model_channels=16, channel_mult=[1, 1], channel_mult_emb=2, attn_resolutions=[8], label_dim=3), Layout(dtype=torch.float16)),
    # SongUNet's options.
    "song-residual-filter4": (song(encoder_type="residual", **ONE_THREE), Layout()),
    "song-residual-skip-decoder": (song(encoder_type="residual", decoder_type="skip", channel_mult=[1, 2, 1], **ONE_THREE), Layout()),
    "song-skip-standard": (song(encoder_type="skip", **ONE_THREE), Layout()),
    "song-standard-skip-decoder": (song(decoder_type="skip", channel_mult=[2, 1, 3]), Layout()),
    "song-skip-skip-fourier-vp": (song("VPPrecond", encoder_type="skip", decoder_type="skip", embedding_type="fourier"), Layout()),
    "song-fourier-edm": (song(embedding_type="fourier", channel_mult_noise=2), Layout()),
    "song-filter6": (song(resample_filter=[1, 5, 10, 10, 5, 1]), Layout()),
    "song-uneven-filter": (song(resample_filter=[1, 2, 4, 3], encoder_type="residual"), Layout()),
    "song-one-level": (song(channel_mult=[2], attn_resolutions=[], num_blocks=2), Layout()),
    "song-four-levels": (song(img_resolution=32, channel_mult=[1, 3, 2, 1], attn_resolutions=[16, 4], num_blocks=2), Layout()),
    "song-no-attention": (song(attn_resolutions=[], num_blocks=3), Layout()),
    "song-attention-everywhere": (song(attn_resolutions=[16, 8, 4], channel_mult=[1, 2, 2], num_blocks=2), Layout()),
    "song-odd-channels": (song(model_channels=20, channel_mult=[1, 3], channel_mult_emb=3, img_channels=2), Layout()),
    "song-wide-groups": (song(model_channels=160, channel_mult=[1, 1], img_resolution=8, attn_resolutions=[4]), Layout()),
    "song-gray-28": (song(img_resolution=28, img_channels=1, channel_mult=[1, 1, 2], attn_resolutions=[14, 7]), Layout()),
    "song-unconditional-ve": (song("VEPrecond", label_dim=0, **NCSN), Layout()),
    "song-many-labels": (song(label_dim=257, augment_dim=9, label_dropout=0.1), Layout()),
    "song-sigma-data": (song(constants={"sigma_data": 0.7}), Layout()),
    "song-iddpm": (song("iDDPMPrecond"), Layout()),
    "song-vp-constants": (song("VPPrecond", constants={"beta_d": 15.0, "beta_min": 0.2, "M": 500}), Layout()),
    # DhariwalUNet's options.
    "adm-several-heads": (adm(model_channels=64, channel_mult=[1, 2, 3], attn_resolutions=[16, 8, 4]), Layout()),
    "adm-uneven-heads": (adm(model_channels=96, channel_mult=[1, 2], attn_resolutions=[8]), Layout()),
    "adm-no-heads": (adm(model_channels=16, channel_mult=[1, 2], attn_resolutions=[16, 8]), Layout()),
    "adm-mult0": (adm(channel_mult=[2, 1, 3], num_blocks=2), Layout()),
    "adm-unconditional-vp": (adm("VPPrecond", label_dim=0, augment_dim=9), Layout()),
    "adm-ve": (adm("VEPrecond"), Layout()),
    "adm-iddpm-unconditional": (adm("iDDPMPrecond", label_dim=0, img_channels=1), Layout()),
    # How the same things may be spelt in a file.
    "file-float16": (song(), Layout(dtype=torch.float16)),
    "file-bfloat16": (song(), Layout(dtype=torch.bfloat16)),
    "file-float64": (adm(), Layout(dtype=torch.float64)),
    "file-protocol2-ordered": (song(), Layout(protocol=2, ordered=True)),
    "file-protocol3": (song(), Layout(protocol=3)),
    "file-protocol5": (song(), Layout(protocol=5)),
    "file-channels-last-strides": (song(), Layout(channels_last=True)),
    "file-offset-views": (song(), Layout(offset=5)),
    "file-terse-training-snapshot": (song(model_channels=16, channel_mult=[1, 2], num_blocks=4, attn_resolutions=[16]), Layout(terse=True, training_objects=True)),
    "file-terse-adm": (adm(), Layout(terse=True)),
    # EDM2's options: odd heads, other balances, clipping that is felt, a filter of four taps.
    "tiny-edm2": (edm2(3, img_resolution=8, model_channels=12, channel_mult_noise=2, channel_mult_emb=1, attn_resolutions=[], label_balance=0.3, concat_balance=0.6, res_balance=0.4, attn_balance=0.2, clip_act=1.5, **ONE_THREE), HALF),
    "edm2-defaults": (edm2(channels_per_head=64, model_channels=64), HALF),
    "edm2-three-levels": (edm2(channel_mult=[1, 3, 2], num_blocks=2, attn_resolutions=[16, 8, 4]), HALF),
    "edm2-heads-of-20": (edm2(model_channels=20, channel_mult=[1, 3], channels_per_head=20), HALF),
    "edm2-uneven-heads": (edm2(model_channels=24, channels_per_head=10, attn_resolutions=[16, 8]), HALF),
    "edm2-no-heads": (edm2(channels_per_head=64), HALF),
    "edm2-same-width": (edm2(channel_mult=[3, 1, 1], num_blocks=2), HALF),
    "edm2-unconditional": (edm2(0), HALF),
    "edm2-no-clipping": (edm2(clip_act=None, sigma_data=0.7), HALF),
    "edm2-clipped": (edm2(clip_act=1.0, img_channels=1), HALF),
    "edm2-balances": (edm2(label_balance=0.8, concat_balance=0.2, res_balance=0.6, attn_balance=0.5), HALF),
    "edm2-embedding": (edm2(channel_mult_noise=3, channel_mult_emb=2, label_dim=257), HALF),
    "edm2-filter": (edm2(resample_filter=[1, 2, 4, 3]), HALF),
    "edm2-one-level": (edm2(channel_mult=[2], attn_resolutions=[16]), HALF),
    "edm2-float32": (edm2(), Layout()),
    "edm2-bfloat16-ordered": (edm2(), Layout(dtype=torch.bfloat16, protocol=2, ordered=True)),
    "edm2-offset-views": (edm2(), Layout(dtype=torch.float16, offset=5, channels_last=True)),
}  # fmt: skip

# The network of Training, small: two levels, three levels with other patches.
MULTIHEAD = {
    "tiny-multihead": MultiHeadArchitecture(img_resolution=8, label_dim=3, channels=(16, 32), encoder_blocks=(1, 2), decoder_blocks=(1,), noise_channels=16, embedding=32),
    "multihead-levels": MultiHeadArchitecture(img_resolution=16, label_dim=10, channels=(32, 64, 64)),
    "multihead-patch1": MultiHeadArchitecture(img_resolution=12, img_channels=1, label_dim=1, patch=1, channels=(16, 20), encoder_blocks=(0, 1), decoder_blocks=(2,)),
    "multihead-patch3": MultiHeadArchitecture(img_resolution=12, label_dim=5, patch=3, channels=(32,), encoder_blocks=(2,), decoder_blocks=()),
}  # fmt: skip

REPOSITORY = ["tiny-ddpmpp-edm", "tiny-ncsnpp-ve", "tiny-adm-iddpm", "tiny-edm2", "tiny-multihead"]


def make(folder, architecture, layout, seed):
    folder.mkdir(parents=True, exist_ok=True)
    is_edm2 = isinstance(architecture, edm2_network.Architecture)
    denoiser = (edm2_network if is_edm2 else edm_network).random_network(architecture, seed)
    with torch.no_grad():
        # The outputs belong to what is rounded: of EDM2 the buffers too.
        for tensor in [*denoiser.parameters(), *(denoiser.buffers() if is_edm2 else [])]:
            tensor.copy_(tensor.to(layout.dtype))
    (edm2_pickle_writer if is_edm2 else edm_pickle_writer).write(denoiser, folder / "model.pkl", layout)

    random = torch.Generator().manual_seed(seed + 1)
    sigma = torch.tensor([0.02, 0.5, 3.0, 20.0])[: 3 if architecture.img_resolution > 8 else 4]
    shape = (len(sigma), architecture.img_channels, architecture.img_resolution, architecture.img_resolution)
    x = 0.5 * torch.randn(shape, generator=random) + sigma[:, None, None, None] * torch.randn(shape, generator=random)
    arrays = {"x": x, "sigma": sigma}
    with torch.inference_mode():
        if architecture.label_dim:
            labels = torch.tensor([0, architecture.label_dim - 1, 1, 2])[: len(sigma)]
            arrays["labels"] = labels
            arrays["denoised"] = denoiser(x, sigma, labels)
            arrays["denoised_unconditional"] = denoiser(x, sigma)
        else:
            arrays["denoised"] = denoiser(x, sigma)
    save(folder, arrays)
    return edm_network.parameter_count(denoiser)


def save(folder, arrays):
    for name, tensor in arrays.items():
        if not tensor.isfinite().all():
            raise ValueError(f"{folder.name}: {name} is not finite")
        numpy.save(folder / f"{name}.npy", tensor.numpy())


def make_multihead(folder, architecture, seed):
    """Every tensor random, none 0 or 1, so that each of them shows; float16 in the file."""
    folder.mkdir(parents=True, exist_ok=True)
    denoiser, random = MultiHeadDenoiser(architecture).eval(), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in denoiser.parameters():
            spread = 0.2 if parameter.ndim == 1 else parameter[0].numel() ** -0.5
            parameter.copy_((spread * torch.randn(parameter.shape, generator=random)).half().float())
        for path, parameter in denoiser.named_parameters():
            if path.endswith("weight") and parameter.ndim == 1:
                parameter.copy_((1 + parameter).half().float())
    tensors = {name: value.half() for name, value in denoiser.state_dict().items()}
    metadata = {
        "format": "pt", "ndc.format": "1", "ndc.notes": "{}",
        "ndc.architecture": encoded(multihead_description(architecture)),
    }  # fmt: skip
    write_safetensors(folder / "model.safetensors", tensors, metadata)
    sigma = torch.tensor([0.02, 0.5, 3.0, 20.0])
    shape = (len(sigma), architecture.img_channels, architecture.img_resolution, architecture.img_resolution)
    x = 0.5 * torch.randn(shape, generator=random) + sigma[:, None, None, None] * torch.randn(shape, generator=random)
    labels = torch.tensor([0, architecture.label_dim - 1, 1, 2]) % architecture.label_dim
    with torch.inference_mode():
        every = denoiser(x, sigma)
    wide = every.double()
    save(folder, {
        "x": x, "sigma": sigma, "labels": labels, "denoised": every[torch.arange(len(sigma)), labels],
        "denoised_unconditional": every[:, -1], "denoised_all": every,
        "losses": (wide[:, :-1] - wide[:, -1:]).square().flatten(2).sum(dim=2),
    })  # fmt: skip
    return edm_network.parameter_count(denoiser)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--only", nargs="+", choices=sorted([*CASES, *MULTIHEAD]), metavar="NAME")
    parser.add_argument("--repository", action="store_true", help="the few that the Swift tests keep in the repository")
    options = parser.parse_args()
    names = REPOSITORY if options.repository else options.only or [*CASES, *MULTIHEAD]
    for name in names:
        folder = options.out / ("families" if "edm2" in name else "") / name
        if name in MULTIHEAD:
            parameters = make_multihead(folder, MULTIHEAD[name], seed=list(MULTIHEAD).index(name))
        else:
            architecture, layout = CASES[name]
            parameters = make(folder, architecture, layout, seed=list(CASES).index(name))
        size = next(folder.glob("model.*")).stat().st_size
        print(f"{name:32} {parameters:>9} parameters {size:>9} bytes")


if __name__ == "__main__":
    main()
