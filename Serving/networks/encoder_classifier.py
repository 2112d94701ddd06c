"""A plain classifier on a multi-head denoiser's encoder: the baseline of equal trunk (Cohen et al., arXiv 1902.02918).

    logits = linear(mean over positions of silu(out_norm(h))),  h = the last features of the encoder of `multihead`

The noise level is an input here too, through c_in and c_noise: one classifier serves several σ.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from . import multihead
from .multihead import MultiHeadArchitecture, MultiHeadUNet, group_norm


class EncoderClassifier(nn.Module):
    """x [N, C, R, R] and s [N] in model space to logits [N, K]."""

    def __init__(self, architecture: MultiHeadArchitecture):
        super().__init__()
        self.architecture = architecture
        self.model = MultiHeadUNet(architecture)
        # The decoder and the heads are not part of it.
        self.model.dec, self.model.out_norm, self.model.out_conv = nn.ModuleDict(), nn.Identity(), nn.Identity()
        self.out_norm = group_norm(architecture.channels[-1])
        self.linear = nn.Linear(architecture.channels[-1], architecture.label_dim)

    @staticmethod
    def restored(state: dict) -> EncoderClassifier:
        """With the moving average of the weights of a checkpoint of Training/train_classifier.py."""
        classifier = EncoderClassifier(MultiHeadArchitecture.from_dict(state["architecture"]))
        classifier.load_state_dict(state["ema"])
        return classifier

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        d, s = self.architecture.sigma_data, s.float()
        c_in = 1 / (s**2 + d**2).sqrt()
        e = self.model.embed(s.log() / 4)
        h = self.model.encode(c_in[:, None, None, None] * x, e)[-1]
        return self.linear(multihead.norm_silu(self.out_norm, h).mean(dim=(2, 3)))


class OfPixels(nn.Module):
    """The classifier of pixels in [0, 1] plus noise σ: what the Open Inference Protocol serves as one input `x`.

    `mirrors`: the mean of the logits of x and of x with left and right exchanged.
    """

    def __init__(self, classifier: EncoderClassifier, sigma: float, mirrors: bool = False):
        super().__init__()
        a = classifier.architecture
        self.classifier, self.level, self.mirrors = classifier, 2 * sigma, mirrors
        self.image_shape, self.classes = (a.img_channels, a.img_resolution, a.img_resolution), a.label_dim

    def forward(self, x: Tensor) -> Tensor:
        s = torch.full((len(x),), self.level, device=x.device)
        logits = self.classifier(2 * x - 1, s)
        return (logits + self.classifier(2 * x.flip(3) - 1, s)) / 2 if self.mirrors else logits
