#!/usr/bin/env python3
"""Trains a small ε-network (improved-diffusion's layout) on MNIST's training digits at 16×16, and writes test digits.

    make.py MNIST OUT [--images 48000] [--threads 1]

MNIST: the folder of the four IDX files, gzipped. OUT gets model.pt with model.json, training.npz (digits for
ndc quantize) and test.npz (300 test digits). What is committed here, with PyTorch's own random numbers of seed 0:

    make.py MNIST OUT
    ndc quantize OUT/model.pt model.safetensors --calibration npz:OUT/training.npz --levels 0.6 1 1.5 2 2.5 3
    cp OUT/test.npz .
"""

import argparse
import copy
import gzip
import json
import math
import struct
import sys
import time
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "Serving"))
from networks.openai_unet import OpenAIArchitecture, OpenAIDenoiser  # noqa: E402

ARCHITECTURE = OpenAIArchitecture(
    "improved-diffusion", image_size=16, num_channels=32, num_res_blocks=1, channel_mult=(1, 2), num_classes=10,
    attention_resolutions=(8,), num_heads=4, resblock_updown=False, learn_sigma=False, noise_schedule="linear",
    diffusion_steps=1000, img_channels=1,
)  # fmt: skip
BATCH = 64


def idx(path):
    data = gzip.decompress(path.read_bytes())
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(shape)


def digits(folder, part):
    """Bytes [N, 1, 16, 16], padded to 32 and averaged 2×2, and labels."""
    images = torch.from_numpy(idx(folder / f"{part}-images-idx3-ubyte.gz").copy()).float()
    small = F.avg_pool2d(F.pad(images[:, None], (2, 2, 2, 2)), 2).round().to(torch.uint8)
    return small, torch.from_numpy(idx(folder / f"{part}-labels-idx1-ubyte.gz").astype(numpy.int64))


def save(path, images, labels):
    numpy.savez_compressed(path, images=images.numpy(), labels=labels.numpy())


def train(images, labels, count):
    torch.manual_seed(0)
    denoiser = OpenAIDenoiser(ARCHITECTURE)
    average, model = copy.deepcopy(denoiser), denoiser.model
    # As the original begins: what closes a branch is zero.
    for name, parameter in model.named_parameters():
        if name.endswith(("out_layers.3.weight", "proj_out.weight", "out.2.weight")):
            torch.nn.init.zeros_(parameter)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01, betas=(0.9, 0.99))
    steps, start = count // BATCH, time.time()
    for step in range(steps):
        share = step / steps
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1, step / 100) * 0.5 * (1 + math.cos(math.pi * share))
        chosen = torch.randint(len(images), (BATCH,))
        clean = images[chosen].float() / 127.5 - 1
        s = (0.2 + 1.2 * torch.randn(BATCH)).exp()
        noise = torch.randn_like(clean)
        x = clean + s[:, None, None, None] * noise
        scale = 1 / (s**2 + 1).sqrt()
        predicted = model(scale[:, None, None, None] * x, denoiser.timesteps(s), labels[chosen])
        # ‖ε̂ − ε‖², weighted so that every level counts in D about alike.
        loss = ((predicted - noise).square().mean(dim=(1, 2, 3)) * (s**2 + 0.25)).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            keep = min(0.998, step / (step + 20))
            for old, new in zip(average.parameters(), denoiser.parameters(), strict=True):
                old.lerp_(new, 1 - keep)
        if step % 50 == 0:
            print(
                f"{step * BATCH} images, loss {loss.item():.4f}, {step * BATCH / (time.time() - start):.0f}/s",
                flush=True,
            )
    return average


def accuracy(denoiser, images, labels, sigma):
    """Of single votes at the noise 2σ in model space, on 12 levels."""
    clean = images.float() / 127.5 - 1
    torch.manual_seed(1)
    x = clean + 2 * sigma * torch.randn_like(clean)
    total = torch.zeros(len(images), 10)
    for s in torch.linspace(2 * sigma, 3, 13)[1:]:
        added = (s**2 - 4 * sigma**2).sqrt() * torch.randn_like(clean)
        for y in range(10):
            d = denoiser(x + added, s.expand(len(x)), torch.full((len(x),), y))
            total[:, y] += (d - x).square().sum(dim=(1, 2, 3))
    return float((total.argmin(1) == labels).float().mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--images", type=int, default=48_000)
    parser.add_argument("--threads", type=int, default=1)
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    o.out.mkdir(parents=True, exist_ok=True)
    images, labels = digits(o.mnist, "train")
    save(o.out / "training.npz", images[:2000], labels[:2000])
    denoiser = train(images, labels, o.images)
    torch.save({k: v.half() for k, v in denoiser.model.state_dict().items()}, o.out / "model.pt")
    (o.out / "model.json").write_text(json.dumps(ARCHITECTURE.description(), indent=2) + "\n")
    images, labels = digits(o.mnist, "t10k")
    save(o.out / "test.npz", images[::33][:300], labels[::33][:300])
    with torch.no_grad():
        print("one vote at σ = 0.25:", accuracy(denoiser, images[::50], labels[::50], 0.25))


if __name__ == "__main__":
    main()
