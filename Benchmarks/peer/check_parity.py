"""Checks the PyTorch network of Serving/networks against recorded outputs.

    check_parity.py FIXTURES        every FIXTURES/*/model.pkl of EDM and EDM2 and model.pt of OpenAI's programs, within
                                    2e-5 · max|reference| (but for EDM's row by row) in float32
"""

import argparse
import dataclasses
import json
import pathlib
import sys

import numpy
import torch

import paths  # noqa: F401
from networks import edm2_network, openai_unet
from networks.edm_network import parameter_count
from networks.ndc_safetensors import load_pickle

TOLERANCE = 2e-5


def by_rows(result, reference):
    """The largest of the rows' differences relative to the row's max|reference|."""
    return float(((result - reference).abs().flatten(1).amax(1) / reference.abs().flatten(1).amax(1)).max())


def in_all(result, reference):
    return float((result - reference).abs().max() / reference.abs().max())


def differences(folder):
    """Relative difference per recorded output: EDM's to max|reference|, EDM2's row by row, as it is and folded."""
    array = lambda name: torch.from_numpy(numpy.load(folder / name))  # noqa: E731
    denoiser = load_pickle(folder / "model.pkl")
    x, sigma = array("x.npy"), array("sigma.npy").to(torch.float32)
    labels = array("labels.npy") if (folder / "labels.npy").exists() else None
    is_edm2 = isinstance(denoiser, edm2_network.Denoiser)
    cases = {"denoised.npy": labels, "denoised_unconditional.npy": None}
    found = {}
    for how in ("", ", folded") if is_edm2 else ("",):
        if how:
            edm2_network.fold(denoiser)
        for name, given in cases.items():
            if (folder / name).exists():
                with torch.inference_mode():
                    found[name + how] = (by_rows if is_edm2 else in_all)(denoiser(x, sigma, given), array(name))
    return parameter_count(denoiser), found


def openai_architecture(about):
    """That of a family's fixture; None where it is none of OpenAI's."""
    flags = about.get("flags", {})
    if "num_channels" not in flags:
        return None
    found = dict(flags, family=flags.get("family", "consistency-edm"))
    halvings = flags.get("attention_resolutions_as_downsampling")
    stated = found.get("attention_resolutions", "").split(",")
    resolutions = [found["image_size"] // by for by in halvings] if halvings else stated
    found["attention_resolutions"] = tuple(map(int, resolutions))
    found["channel_mult"] = tuple(map(int, found["channel_mult"].split(",")))
    if found["family"] == "consistency-edm":
        found["use_new_attention_order"] = True
    found.setdefault("resblock_updown", False)
    known = {field.name for field in dataclasses.fields(openai_unet.OpenAIArchitecture)}
    return openai_unet.OpenAIArchitecture(**{k: v for k, v in found.items() if k in known})


def openai_differences(folder, architecture):
    """`by_rows` per recorded output."""
    array = lambda name: torch.from_numpy(numpy.load(folder / name))  # noqa: E731
    denoiser = openai_unet.loaded(architecture, torch.load(folder / "model.pt", weights_only=True))
    found = {}
    for name, labels in {"denoised.npy": array("labels.npy"), "denoised_zero_label.npy": None}.items():
        with torch.inference_mode():
            found[name] = by_rows(denoiser(array("x.npy"), array("sigma.npy"), labels), array(name))
    return parameter_count(denoiser), found


def families(fixtures):
    for about in sorted(fixtures.glob("*/about.json")):
        architecture = openai_architecture(json.loads(about.read_text()))
        if architecture and (about.parent / "model.pt").exists():
            yield about.parent, architecture


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fixtures", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    openai = dict(families(options.fixtures))
    folders = sorted(path.parent for path in options.fixtures.glob("*/model.pkl"))
    if not folders and not openai:
        sys.exit(f"{options.fixtures}: neither */model.pkl nor */model.pt of OpenAI's programs")
    failed = False
    for folder in [*folders, *openai]:
        parameters, found = openai_differences(folder, openai[folder]) if folder in openai else differences(folder)
        for name, difference in found.items():
            good = difference <= TOLERANCE  # false for NaN too
            failed |= not good
            print(f"{'ok  ' if good else 'FAIL'} {folder.name:32} {parameters:>12} {name:36} {difference:.2e}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
