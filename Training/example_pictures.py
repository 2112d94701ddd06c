#!/usr/bin/env python3
"""Writes the bundled digits as PNG files, one folder a class: an example of pictures of one's own.

    example_pictures.py FOLDER

FOLDER/train has 8 000 pictures in folders called zero … nine, FOLDER/test the other 2 000: 32×32, in colour as the
network takes them.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np
from PIL import Image

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SOURCE = Path(__file__).resolve().parent.parent / "Resources/data/mnist"
TEST_EVERY = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    pixels = np.frombuffer(gzip.decompress((SOURCE / "t10k-images-idx3-ubyte.gz").read_bytes())[16:], np.uint8)
    labels = np.frombuffer(gzip.decompress((SOURCE / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:], np.uint8)
    for split in ("train", "test"):
        for name in NAMES:
            (folder / split / name).mkdir(parents=True, exist_ok=True)
    for index, (picture, label) in enumerate(zip(pixels.reshape(-1, 28, 28), labels, strict=True)):
        split = "train" if index % TEST_EVERY else "test"
        Image.fromarray(np.pad(picture, 2)).convert("RGB").save(folder / split / NAMES[label] / f"{index:05}.png")


if __name__ == "__main__":
    main()
