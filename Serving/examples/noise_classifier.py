"""The baseline of Cohen et al. that Training/train_classifier.py makes, at one smoothing noise σ in pixels.

serve.py examples/noise_classifier.py:sigma_0_25 --weights runs/c/final.pt --name cohen
ndc certify --method classifier --model http://127.0.0.1:8000/v2/models/cohen --sigma 0.25 …

The network takes the noise level as an input; votes with another --sigma than the served one are of no use. With
mirrored_0_25 in the place of sigma_0_25 a vote is by the mean over the picture and its mirror image, as `--mirror` is.
"""

from pathlib import Path

import torch
from torch import nn

from networks.encoder_classifier import EncoderClassifier, OfPixels


def at(sigma: float, weights: Path, mirrors: bool = False) -> nn.Module:
    """The moving average of the weights of a checkpoint; nothing in the file is executed."""
    state = torch.load(weights, map_location="cpu", weights_only=True)
    return OfPixels(EncoderClassifier.restored(state), sigma, mirrors)


def sigma_0_25(weights: Path) -> nn.Module:
    return at(0.25, weights)


def sigma_0_5(weights: Path) -> nn.Module:
    return at(0.5, weights)


def sigma_1(weights: Path) -> nn.Module:
    return at(1.0, weights)


def mirrored_0_25(weights: Path) -> nn.Module:
    return at(0.25, weights, mirrors=True)


def mirrored_0_5(weights: Path) -> nn.Module:
    return at(0.5, weights, mirrors=True)


def mirrored_1(weights: Path) -> nn.Module:
    return at(1.0, weights, mirrors=True)
