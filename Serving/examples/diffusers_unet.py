"""A diffusers UNet2DModel with classes that predicts ε (DDPM), as a denoiser in the variance-exploding space.

    pip install diffusers
    serve.py examples/diffusers_unet.py --weights FOLDER     # what save_pretrained wrote: config.json and the weights

With ᾱ_t of the schedule and s_t = √(1/ᾱ_t − 1):  D(x; s, y) = x − s·ε(x/√(1+s²), t(s), y), t(s) by interpolation.
Class K of the K + 1 embeddings is "none", as trained with `--class_dropout`; others change `none`.
"""

from pathlib import Path

import torch
from torch import Tensor, nn


class DiffusersDenoiser(nn.Module):
    def __init__(self, unet: nn.Module, betas: Tensor):
        super().__init__()
        self.unet, channels, side = unet, unet.config.in_channels, unet.config.sample_size
        self.image_shape = (channels, side, side)
        self.label_dim = self.none = unet.config.num_class_embeds - 1
        alphas = torch.cumprod(1 - betas.double(), dim=0)
        self.register_buffer("levels", (1 / alphas - 1).sqrt().float(), persistent=False)

    def time(self, s: Tensor) -> Tensor:
        """Between the steps whose levels enclose s."""
        above = torch.searchsorted(self.levels, s).clamp(1, len(self.levels) - 1)
        low, high = self.levels[above - 1], self.levels[above]
        return above - 1 + ((s - low) / (high - low)).clamp(0, 1)

    def forward(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        s = sigma.view(-1, 1, 1, 1)
        labels = torch.where(label < 0, self.none, label)
        noise = self.unet(x / (1 + s**2).sqrt(), self.time(sigma), class_labels=labels).sample
        return x - s * noise[:, : x.shape[1]].float()


def model(folder: Path) -> DiffusersDenoiser:
    from diffusers import DDPMScheduler, UNet2DModel

    unet = UNet2DModel.from_pretrained(folder, local_files_only=True)
    scheduled = (folder / "scheduler_config.json").is_file()
    scheduler = DDPMScheduler.from_pretrained(folder) if scheduled else DDPMScheduler()
    return DiffusersDenoiser(unet, scheduler.betas)
