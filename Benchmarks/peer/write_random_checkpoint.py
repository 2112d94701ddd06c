"""Writes a randomly initialised network of a published size as an EDM or EDM2 .pkl checkpoint.

    write_random_checkpoint.py OUT.pkl [--arch edm-cifar10|edm-imagenet64|edm2-img64-s|…] [--seed S]
"""

import argparse

import torch

import edm_pickle_writer
import paths  # noqa: F401
import edm2_pickle_writer
from networks import edm2_network, edm_network


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--arch", choices=sorted({**edm_network.NAMED, **edm2_network.NAMED}), default="edm-cifar10")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    is_edm2 = options.arch in edm2_network.NAMED
    denoiser = (edm2_network if is_edm2 else edm_network).random_network(options.arch, options.seed)
    if is_edm2:
        edm2_pickle_writer.write(denoiser, options.out, edm_pickle_writer.Layout(dtype=torch.float16))
    else:
        edm_pickle_writer.write(denoiser, options.out)
    print(f"{options.out}: {options.arch}, {edm_network.parameter_count(denoiser)} parameters")


if __name__ == "__main__":
    main()
