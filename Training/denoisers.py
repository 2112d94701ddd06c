"""The denoisers that train: the multi-head network, or one of EDM's with a label input, behind one interface."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import paths  # noqa: F401
from losses import denoising
from networks.encoder_classifier import EncoderClassifier
from networks.multihead import MultiHeadArchitecture, MultiHeadDenoiser, initialise, losses_of

NAMED = {
    # 5.1 M parameters; the sizes of the bundled CIFAR-10 model.
    "multihead": MultiHeadArchitecture(),
    # For trials of half an hour.
    "multihead-small": MultiHeadArchitecture(channels=(32, 64, 128), encoder_blocks=(2, 2, 2)),
    # For tests.
    "multihead-tiny": MultiHeadArchitecture(
        channels=(8, 16), encoder_blocks=(1, 1), decoder_blocks=(1,), noise_channels=8, embedding=16
    ),
}


def add_network_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", choices=[*NAMED, "song"], default="multihead", help="(default %(default)s)")
    parser.add_argument("--classes", type=int, default=10, help="K (default %(default)s)")
    parser.add_argument("--channels-in", type=int, default=3, help="of the images (default %(default)s)")
    parser.add_argument("--resolution", type=int, default=32, help="side of the images (default %(default)s)")


def architecture(options: argparse.Namespace) -> MultiHeadArchitecture:
    fields = NAMED[options.network].as_dict()
    return MultiHeadArchitecture.from_dict(
        fields
        | {"label_dim": options.classes, "img_channels": options.channels_in, "img_resolution": options.resolution}
    )


def build(options: argparse.Namespace) -> nn.Module:
    """A fresh network with random weights, seeded."""
    generator = torch.Generator().manual_seed(options.seed)
    if options.network != "song":
        denoiser = MultiHeadDenoiser(architecture(options))
    else:
        from networks import edm_network

        denoiser = edm_network.Denoiser(
            edm_network.Architecture.of(
                "EDMPrecond", network="SongUNet", img_resolution=options.resolution, img_channels=options.channels_in,
                label_dim=options.classes, model_channels=32, channel_mult=(1, 2, 2), num_blocks=2,
                attn_resolutions=(), label_dropout=getattr(options, "label_dropout", 0),
            )
        )  # fmt: skip
    initialise(denoiser, generator)
    return denoiser


def load_ema(denoiser: nn.Module, path: Path) -> dict:
    """The EMA weights of a checkpoint; returns the whole checkpoint."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    denoiser.load_state_dict(state["ema"])
    return state


def restored(path: Path) -> tuple[MultiHeadDenoiser, dict]:
    """A multi-head denoiser with the EMA weights of a checkpoint, frozen, and the checkpoint."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    denoiser = MultiHeadDenoiser(MultiHeadArchitecture.from_dict(state["architecture"]))
    denoiser.load_state_dict(state["ema"])
    return denoiser.eval().requires_grad_(False), state


def is_classifier(state: dict) -> bool:
    """Whether a checkpoint is of step (c)."""
    return "linear.weight" in state["ema"]


def restored_classifier(state: dict, device: str) -> EncoderClassifier:
    """The classifier of step (c) with the EMA weights of its checkpoint, frozen."""
    network = EncoderClassifier.restored(state).eval().requires_grad_(False)
    return network.to(device, memory_format=torch.channels_last)


def teacher_of(path: Path, device: str) -> EncoderClassifier:
    """The classifier in a checkpoint of step (c)."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not is_classifier(state):
        raise ValueError(f"{path}: not a checkpoint of train_classifier.py")
    return restored_classifier(state, device)


class Heads:
    """What training and evaluation ask of a denoiser, whether all heads come from one pass or from K + 1."""

    def __init__(self, denoiser: nn.Module):
        self.denoiser = denoiser
        self.multi = isinstance(denoiser, MultiHeadDenoiser)
        self.classes = denoiser.architecture.label_dim

    def denoising(self, x: Tensor, s: Tensor, clean: Tensor, labels: Tensor, dropped: Tensor) -> dict[str, Tensor]:
        """EDM's loss of the label's head and of none's; one head: of the label, or of none where it is dropped."""
        c_skip, c_out, c_in, c_noise = self.denoiser.coefficients(s)
        if self.multi:
            f = self.denoiser.model.folded(c_in[:, None, None, None] * x, c_noise)
            return self.denoising_of(f, x, s, clean, labels)
        y = F.one_hot(labels, self.classes).float() * ~dropped[:, None]
        f = self.denoiser.model(c_in[:, None, None, None] * x, c_noise, y)
        return {"denoising": denoising(f, x, clean, c_skip, c_out).mean()}

    def denoising_of(self, folded: Tensor, x: Tensor, s: Tensor, clean: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The same from F before the pixel shuffle, in which order the mean square is the same."""
        c_skip, c_out, _, _ = self.denoiser.coefficients(s)
        patch = self.denoiser.architecture.patch
        x, clean = F.pixel_unshuffle(x, patch), F.pixel_unshuffle(clean, patch)
        of_class = folded[torch.arange(len(x), device=x.device), labels]
        return {
            "class": denoising(of_class, x, clean, c_skip, c_out).mean(),
            "none": denoising(folded[:, -1], x, clean, c_skip, c_out).mean(),
        }

    def all(self, x: Tensor, s: Tensor) -> Tensor:
        """D [N, K + 1, C, H, W]."""
        if self.multi:
            return self.denoiser(x, s)
        labels = [torch.full((len(x),), k, device=x.device) for k in range(self.classes)]
        return torch.stack([self.denoiser(x, s, y) for y in [*labels, None]], dim=1)

    def one_pass(self, x: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        """L_y = ‖D(x; s, y) − D(x; s, none)‖² [N, K], and D(x; s, none)."""
        d = self.all(x, s)
        return (d[:, :-1] - d[:, -1:]).flatten(2).square().sum(dim=2), d[:, -1]

    def folded(self, x: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        """Multi-head only: F before the pixel shuffle, and L_y from it, without making D."""
        _, c_out, c_in, c_noise = self.denoiser.coefficients(s)
        folded = self.denoiser.model.folded(c_in[:, None, None, None] * x, c_noise)
        return folded, losses_of(folded.float(), c_out)
