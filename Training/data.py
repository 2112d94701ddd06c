"""Images for training: CIFAR-10's binary batches, IDX files and folders of pictures, whole in memory as bytes."""

from __future__ import annotations

import gzip
import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

PICTURES = {".png", ".jpg", ".jpeg"}


@dataclass(frozen=True)
class ImageSet:
    """Bytes [N, C, H, W] and labels int64 [N]."""

    images: Tensor
    labels: Tensor
    names: tuple[str, ...]
    source: str

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> int:
        return len(self.names)

    def part(self, start: int, stop: int | None = None, step: int = 1) -> ImageSet:
        chosen = slice(start, stop, step)
        return ImageSet(self.images[chosen], self.labels[chosen], self.names, self.source)

    def split(self, held_out: int) -> tuple[ImageSet, ImageSet]:
        """All but the last `held_out` images, which train, and the last, which choose between recipes."""
        kept = len(self) - held_out
        if not 0 < kept <= len(self):
            raise ValueError(f"{self.source} has {len(self)} images, of which {held_out} cannot be held out")
        return self.part(0, kept), self.part(kept)


def load(source: str, train: bool = True, side: int | None = None) -> ImageSet:
    """A data set from a folder: `data_batch_*.bin`, `*-images-idx3-ubyte[.gz]`, or one folder of pictures a class.

    A folder of pictures has no test part of its own unless it has the folders `train` and `test`. `side` pads smaller
    images with black on all sides (MNIST's 28 to 32), and scales pictures.
    """
    folder = Path(source)
    if not folder.is_dir():
        raise FileNotFoundError(f"{source} is not a folder")
    batches = sorted(folder.glob("data_batch_*.bin" if train else "test_batch.bin"))
    if batches:
        loaded = cifar10(batches, source)
    elif indexed := sorted(folder.glob(("train" if train else "t10k") + "-images-idx3-ubyte*")):
        loaded = idx(indexed[0], source)
    else:
        part = folder / ("train" if train else "test")
        loaded = pictures(part if part.is_dir() else folder, source, side)
    return loaded if side is None else padded(loaded, side)


def cifar10(batches: list[Path], source: str) -> ImageSet:
    """Records of 1 + 3072 bytes: the label, then the planes of red, green and blue (Krizhevsky 2009)."""
    parts = []
    for path in batches:
        raw = np.fromfile(path, dtype=np.uint8)
        if raw.size % 3073:
            raise ValueError(f"{path}: {raw.size} bytes are not whole records of 3073")
        parts.append(raw.reshape(-1, 3073))
    records = torch.from_numpy(np.concatenate(parts))
    meta = batches[0].with_name("batches.meta.txt")
    names = tuple(meta.read_text().split()) if meta.exists() else tuple(str(k) for k in range(10))
    return ImageSet(records[:, 1:].reshape(-1, 3, 32, 32).contiguous(), records[:, 0].long(), names, source)


def idx(path: Path, source: str) -> ImageSet:
    """MNIST's format: a magic number with the count of axes, their lengths (big-endian), then bytes."""
    images = idx_array(path)
    labels = idx_array(path.with_name(path.name.replace("images-idx3", "labels-idx1")))
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(f"{path}: images {images.shape} and labels {labels.shape}")
    names = tuple(str(k) for k in range(int(labels.max()) + 1))
    return ImageSet(torch.from_numpy(images.copy())[:, None], torch.from_numpy(labels.astype(np.int64)), names, source)


def idx_array(path: Path) -> np.ndarray:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    zero, kind, axes = struct.unpack(">HBB", raw[:4])
    if zero or kind != 8:
        raise ValueError(f"{path}: not an IDX file of bytes")
    shape = struct.unpack(f">{axes}I", raw[4 : 4 + 4 * axes])
    if len(raw) != 4 + 4 * axes + math.prod(shape):
        raise ValueError(f"{path}: {len(raw)} bytes do not hold {shape}")
    return np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * axes).reshape(shape)


def pictures(folder: Path, source: str, side: int | None) -> ImageSet:
    """One folder a class, in the order of their names; a fixed shuffle, so that the last images are of all classes."""
    from PIL import Image

    classes = sorted(p for p in folder.iterdir() if p.is_dir())
    if len(classes) < 2:
        raise ValueError(f"{folder}: neither CIFAR-10's batches, nor IDX files, nor two folders of pictures")
    images, labels = [], []
    for label, of_class in enumerate(classes):
        for path in sorted(p for p in of_class.rglob("*") if p.suffix.lower() in PICTURES):
            picture = Image.open(path).convert("RGB")
            if side is not None and picture.size != (side, side):
                picture = picture.resize((side, side), Image.Resampling.BOX)
            images.append(torch.from_numpy(np.array(picture)).permute(2, 0, 1))
            labels.append(label)
    shapes = {tuple(i.shape) for i in images}
    if len(shapes) != 1:
        raise ValueError(f"{folder}: pictures of {len(shapes)} sizes; --side N scales them")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    names = tuple(p.name for p in classes)
    return ImageSet(torch.stack(images)[order], torch.tensor(labels)[order], names, source)


def padded(images: ImageSet, side: int) -> ImageSet:
    height, width = images.images.shape[2:]
    if height == side == width:
        return images
    if height > side or width > side:
        raise ValueError(f"{images.source}: images of {height}×{width} do not fit into {side}×{side}")
    top, left = (side - height) // 2, (side - width) // 2
    edges = (left, side - width - left, top, side - height - top)
    return ImageSet(torch.nn.functional.pad(images.images, edges), images.labels, images.names, images.source)


def model_space(images: Tensor) -> Tensor:
    """Bytes to [−1, 1] in float32."""
    return images.float() / 127.5 - 1


@dataclass(frozen=True)
class Augmentation:
    """Flips left to right and shifts by up to `shift` pixels, the edge reflected."""

    flip: bool = True
    shift: int = 4

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        n, channels, height, width = images.shape
        rows = self._positions(n, height, generator)
        columns = self._positions(n, width, generator)
        if self.flip:
            turned = torch.rand(n, generator=generator) < 0.5
            columns = torch.where(turned[:, None], columns.flip(1), columns)
        image = torch.arange(n)[:, None, None, None]
        channel = torch.arange(channels)[None, :, None, None]
        return images[image, channel, rows[:, None, :, None], columns[:, None, None, :]]

    def _positions(self, n: int, length: int, generator: torch.Generator) -> Tensor:
        offset = torch.randint(-self.shift, self.shift + 1, (n, 1), generator=generator)
        at = (torch.arange(length) + offset).abs()
        return torch.where(at < length, at, 2 * (length - 1) - at)


class Batches:
    """Images in a new random order every epoch; where it stands is two numbers, so that a run resumes exactly."""

    def __init__(self, images: ImageSet, augmentation: Augmentation, seed: int):
        self.images, self.augmentation, self.seed = images, augmentation, seed
        self.epoch, self.position = 0, 0
        self._order = self._permutation()

    def _permutation(self) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        return torch.randperm(len(self.images), generator=generator)

    def next(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count` augmented images in model space, and their labels."""
        chosen = []
        while count > 0:
            taken = self._order[self.position : self.position + count]
            chosen.append(taken)
            count -= len(taken)
            self.position += len(taken)
            if self.position == len(self._order):
                self.epoch, self.position = self.epoch + 1, 0
                self._order = self._permutation()
        index = torch.cat(chosen)
        return model_space(self.augmentation(self.images.images[index], generator)), self.images.labels[index]

    def state_dict(self) -> dict:
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict) -> None:
        self.epoch, self.position = state["epoch"], state["position"]
        self._order = self._permutation()
