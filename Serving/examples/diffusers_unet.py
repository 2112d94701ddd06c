"""A diffusers UNet2DModel with classes and the scheduler it was trained with, as a denoiser.

    pip install diffusers
    serve.py examples/diffusers_unet.py --weights FOLDER     # what a pipeline saved: unet/ and scheduler/

The network predicts ε (or x₀, or v) of z = x/√(1+s²) at step t(s), interpolated in ln s between the steps' levels
s_t = √(1/ᾱ_t − 1):  D(x; s, y) = x − s·ε (or x₀, or x/(1+s²) − s/√(1+s²)·v). It has no answer without a class: take
`--method epndc`, which needs none, or serve an unconditional network for `--unconditional-model`. Was it trained with
its last class as "none", put that in the place of −1, and take it off `label_dim`.
"""

from pathlib import Path

import torch
from torch import Tensor, nn


class DiffusersDenoiser(nn.Module):
    def __init__(self, unet: nn.Module, betas: Tensor, prediction: str = "epsilon"):
        super().__init__()
        self.unet, self.prediction, side = unet, prediction, unet.config.sample_size
        self.image_shape = (unet.config.in_channels, side, side)
        self.label_dim = unet.config.num_class_embeds or 0
        self.unconditional = not self.label_dim
        alphas = torch.cumprod(1 - betas.double(), dim=0)
        self.register_buffer("levels", ((1 / alphas - 1).log() / 2).float(), persistent=False)  # ln s_t

    def time(self, s: Tensor) -> Tensor:
        """Between the steps whose levels enclose s."""
        level = s.log()
        above = torch.searchsorted(self.levels, level).clamp(1, len(self.levels) - 1)
        low, high = self.levels[above - 1], self.levels[above]
        return above - 1 + ((level - low) / (high - low)).clamp(0, 1)

    def forward(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        s = sigma.view(-1, 1, 1, 1)
        total = 1 + s**2
        labels = label if self.label_dim else None
        out = self.unet(x / total.sqrt(), self.time(sigma), class_labels=labels).sample[:, : x.shape[1]].float()
        if self.prediction == "sample":
            return out
        return x - s * out if self.prediction == "epsilon" else x / total - s / total.sqrt() * out


def model(folder: Path) -> DiffusersDenoiser:
    from diffusers import DDPMScheduler, UNet2DModel

    unet = UNet2DModel.from_pretrained(folder / "unet", local_files_only=True)
    scheduler = DDPMScheduler.from_pretrained(folder / "scheduler", local_files_only=True)
    return DiffusersDenoiser(unet, scheduler.betas, scheduler.config.prediction_type)
