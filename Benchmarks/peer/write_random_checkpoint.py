"""Writes a randomly initialised network of a published size as an EDM .pkl checkpoint.

    write_random_checkpoint.py OUT.pkl [--arch edm-cifar10|edm-imagenet64] [--seed S]
"""

import argparse

from edm_pickle_writer import write
import paths  # noqa: F401
from networks.edm_network import NAMED, parameter_count, random_network


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--arch", choices=sorted(NAMED), default="edm-cifar10")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    denoiser = random_network(options.arch, options.seed)
    write(denoiser, options.out)
    print(f"{options.out}: {options.arch}, {parameter_count(denoiser)} parameters")


if __name__ == "__main__":
    main()
