#!/usr/bin/env python3
"""Trains a small MNIST classifier under Gaussian noise (Cohen et al., arXiv 1902.02918), and is its adapter.

    examples/train_mnist_classifier.py --data FOLDER --sigma 0.5 --minutes 5 --out mnist-0.5.safetensors
    serve.py examples/train_mnist_classifier.py --weights mnist-0.5.safetensors --name digits
    ndc certify --method classifier --model http://127.0.0.1:8000/v2/models/digits --data mnist --sigma 0.5

FOLDER has train-images-idx3-ubyte and train-labels-idx1-ubyte, gzipped or not. `--sigma 0` trains on clean images, for
`--method denoise-classify --classifier`. Noise is added in pixels; digits are padded to 32×32 as ndc pads them.
"""

from __future__ import annotations

import argparse
import gzip
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from networks import ndc_safetensors  # noqa: E402


class DigitClassifier(nn.Module):
    """Three convolutions of stride 2 with group norm, the mean over positions, one linear layer; 0.2 M parameters."""

    def __init__(self, widths: tuple[int, ...] = (32, 64, 128)):
        super().__init__()
        self.image_shape, self.classes = (1, 32, 32), 10
        layers, inputs = [], 1
        for width in widths:
            layers += [nn.Conv2d(inputs, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.SiLU()]
            layers += [nn.Conv2d(width, width, 3, padding=1, groups=8), nn.GroupNorm(8, width), nn.SiLU()]
            inputs = width
        self.layers, self.linear = nn.Sequential(*layers), nn.Linear(inputs, self.classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.layers(2 * x - 1).mean(dim=(2, 3)))


def model(weights: Path) -> DigitClassifier:
    network = DigitClassifier()
    network.load_state_dict(ndc_safetensors.tensors_of(weights)[0])
    return network


def idx(folder: Path, name: str) -> np.ndarray:
    """An IDX file of bytes."""
    found = next((f for f in (folder / name, folder / f"{name}.gz") if f.is_file()), None)
    if found is None:
        sys.exit(f"{folder}: neither {name} nor {name}.gz")
    data = gzip.decompress(found.read_bytes()) if found.suffix == ".gz" else found.read_bytes()
    if data[:3] != b"\0\0\x08":
        sys.exit(f"{found}: not an IDX file of bytes")
    shape = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def train(
    images: Tensor, labels: Tensor, sigma: float, minutes: float, batch: int = 128
) -> tuple[DigitClassifier, int]:
    """Adam with a cosine over the time; the network and how many noisy images it saw. images: bytes [N,1,32,32]."""
    network, random = DigitClassifier(), torch.Generator().manual_seed(0)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=1e-2)
    start, seen, done = time.monotonic(), 0, 0.0
    while done < 1:
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
        chosen = torch.randint(len(images), (batch,), generator=random)
        x = images[chosen].float() / 255
        loss = F.cross_entropy(network(x + sigma * torch.randn(x.shape, generator=random)), labels[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen += batch
        if seen % (batch * 100) == 0:
            print(f"\r{100 * done:3.0f} %  {seen} images  loss {loss.item():.3f}", end="", file=sys.stderr, flush=True)
        done = (time.monotonic() - start) / (60 * minutes)
    print(file=sys.stderr)
    return network.eval(), seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of MNIST's training files")
    parser.add_argument("--sigma", type=float, default=0.5, help="in pixels (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=5, help="(default %(default)s)")
    parser.add_argument("--threads", type=int, help="of PyTorch")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.sigma < 0 or options.minutes <= 0 or options.out.suffix != ".safetensors":
        parser.error("--sigma is at least 0, --minutes more than 0, and --out ends in .safetensors")
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    images = torch.from_numpy(np.pad(idx(options.data, "train-images-idx3-ubyte"), ((0, 0), (2, 2), (2, 2)))[:, None])
    labels = torch.from_numpy(idx(options.data, "train-labels-idx1-ubyte").astype(np.int64))
    held = min(2000, len(images) // 10)
    network, seen = train(images[:-held], labels[:-held], options.sigma, options.minutes)
    with torch.inference_mode():
        x = images[-held:].float() / 255
        x += options.sigma * torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
        right = (network(x).argmax(1) == labels[-held:]).float().mean().item()
    facts = {"format": "pt", "sigma": str(options.sigma), "imagesSeen": str(seen), "heldOutAccuracy": f"{right:.4f}"}
    ndc_safetensors.write(options.out, network.state_dict(), facts)
    print(f"{options.out}: {seen} images seen, {100 * right:.1f} % of {held} held-out images at σ = {options.sigma:g}")


if __name__ == "__main__":
    main()
