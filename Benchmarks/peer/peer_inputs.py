"""The images and noise that the measurements share: MNIST's digits for its model, random images for random networks."""

import gzip
import struct

import numpy
import torch

from peer_environment import resources, shared


def read_idx(path):
    """An IDX file of bytes, gzipped."""
    data = gzip.decompress(path.read_bytes())
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of bytes")
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(shape)


def digits(kind, count):
    """The first images [N, 1, 32, 32] of MNIST's "t10k" or "train" part in pixels (0 … 1), padded by two zeros; labels."""
    folders = [resources() / "data/mnist", shared() / "data/mnist"]
    folder = next((f for f in folders if (f / f"{kind}-images-idx3-ubyte.gz").exists()), None)
    if folder is None:
        raise FileNotFoundError(f"{kind}-images-idx3-ubyte.gz is in none of {', '.join(map(str, folders))}")
    images = read_idx(folder / f"{kind}-images-idx3-ubyte.gz")[:count].astype(numpy.float32) / 255
    labels = read_idx(folder / f"{kind}-labels-idx1-ubyte.gz")[:count].astype(numpy.int64)
    return torch.from_numpy(numpy.pad(images, ((0, 0), (2, 2), (2, 2)))[:, None]), torch.from_numpy(labels)


def random_images(architecture, count, seed=3):
    """Bytes-in-pixels images (0 … 1) with structure at several scales, for networks that were trained on nothing."""
    random, side = torch.Generator().manual_seed(seed), architecture.img_resolution
    total = torch.zeros((count, architecture.img_channels, side, side))
    for scale in (4, 8, side):
        coarse = torch.randn((count, architecture.img_channels, scale, scale), generator=random)
        total += torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    return ((0.5 + 0.2 * total).clamp(0, 1) * 255).round() / 255


def is_digits(architecture):
    return architecture.img_channels == 1 and architecture.img_resolution == 32


def training_images(architecture, count):
    """Images to calibrate on, in pixels, and where they come from; training digits where they are at hand."""
    if is_digits(architecture):
        for kind in ("train", "t10k"):
            try:
                return digits(kind, count)[0], f"MNIST's {kind} images"
            except FileNotFoundError:
                continue
    return random_images(architecture, count), "random images"


def noisy(images, sigmas, classes, seed):
    """x = image + s·ε in model space at noise levels s (repeated as needed), s, and labels that go round the classes."""
    random, count = torch.Generator().manual_seed(seed), len(images)
    sigma = sigmas.repeat(-(-count // len(sigmas)))[:count].to(torch.float32)
    noise = torch.randn(images.shape, generator=random)
    return 2 * images - 1 + sigma[:, None, None, None] * noise, sigma, torch.arange(count) % max(classes, 1)


def timing_inputs(architecture, count, seed=1):
    """What the timed evaluations see: noise levels ½ … 2 on images."""
    images = digits("t10k", count)[0] if is_digits(architecture) else random_images(architecture, count, seed)
    return noisy(images, torch.logspace(-1, 1, count, base=2.0), architecture.label_dim, seed)


def calibration_inputs(architecture, count, seed=2):
    """What an int8 network is calibrated on: the noise levels that `ndc quantize` takes, on images."""
    images, source = training_images(architecture, count)
    levels = torch.tensor([0.5, 1, 1.5, 2, 3, 4, 6, 10])
    return noisy(images, levels, architecture.label_dim, seed), source
