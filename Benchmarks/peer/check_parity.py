"""Checks the PyTorch network of Serving/networks against recorded outputs.

    check_parity.py FIXTURES        every FIXTURES/*/model.pkl, within 2e-5 · max|reference| in float32
"""

import argparse
import pathlib
import sys

import numpy
import torch

import paths  # noqa: F401
from networks import edm2_network, edm_network, edm_pickle
from networks.edm_network import parameter_count

TOLERANCE = 2e-5


def load_pickle(path):
    family = edm2_network if edm_pickle.load(path).class_name == "Precond" else edm_network
    return family.load_pickle(path)


def differences(folder):
    """Relative difference (to max|reference|) per recorded output."""
    array = lambda name: torch.from_numpy(numpy.load(folder / name))  # noqa: E731
    denoiser = load_pickle(folder / "model.pkl")
    x, sigma = array("x.npy"), array("sigma.npy").to(torch.float32)
    labels = array("labels.npy") if (folder / "labels.npy").exists() else None
    cases = {"denoised.npy": labels, "denoised_unconditional.npy": None}
    found = {}
    for name, given in cases.items():
        if (folder / name).exists():
            reference = array(name)
            with torch.inference_mode():
                found[name] = float((denoiser(x, sigma, given) - reference).abs().max() / reference.abs().max())
    return parameter_count(denoiser), found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fixtures", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    folders = sorted(path.parent for path in options.fixtures.glob("*/model.pkl"))
    if not folders:
        sys.exit(f"{options.fixtures}: no */model.pkl")
    failed = False
    for folder in folders:
        parameters, found = differences(folder)
        for name, difference in found.items():
            good = difference <= TOLERANCE  # false for NaN too
            failed |= not good
            print(f"{'ok  ' if good else 'FAIL'} {folder.name:32} {parameters:>12} {name:28} {difference:.2e}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
