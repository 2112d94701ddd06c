"""Adapters for what ndc itself reads: EDM's .pkl and ndc's .safetensors, one-head and multi-head."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from networks import edm_network, multihead, ndc_safetensors


class EDMDenoiser(nn.Module):
    """One of EDM's networks, any preconditioner; or a multi-head one, which answers with the head of each row's label."""

    def __init__(self, network: edm_network.Denoiser | multihead.OneHead):
        super().__init__()
        a = network.architecture
        self.network = network
        self.image_shape = (a.img_channels, a.img_resolution, a.img_resolution)
        self.label_dim = a.label_dim

    def lower(self, kind: torch.dtype) -> None:
        """Encoder and decoder in `kind`; embedding, coefficients and the sum with x stay in float32."""
        for name, part in self.network.model.named_children():
            if name in ("enc", "dec", "out_norm", "out_conv"):
                part.to(kind)

    def forward(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        return self.network(x, sigma, label)


def load_checkpoint(path: Path) -> nn.Module:
    """A denoiser from a .pkl or a .safetensors file; nothing in the file is executed."""
    if path.suffix == ".pkl":
        return EDMDenoiser(edm_network.load_pickle(path))
    if path.suffix != ".safetensors":
        raise ValueError(f"{path}: neither .pkl nor .safetensors; a model of one's own comes as FILE.py")
    return EDMDenoiser(ndc_safetensors.load_safetensors(path))
