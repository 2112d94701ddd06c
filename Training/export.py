#!/usr/bin/env python3
"""Step (d): writes the EMA weights of a checkpoint as a .safetensors file that ndc reads.

    export.py --checkpoint runs/b/final.pt --out cifar10.safetensors [--type F16]

Metadata: `ndc.format`, `ndc.architecture` and `ndc.notes` as `ndc convert` writes them, and `ndc.training`, the facts
of the training. The same checkpoint always gives the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

import paths  # noqa: F401
from denoisers import MultiHeadArchitecture
from networks.ndc_safetensors import encoded, multihead_description, write

TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def training_facts(state: dict) -> dict:
    """What was trained on what, for how long, and what it reached on held-out images."""
    options = state["options"]
    kept = (
        "batch", "rate", "adam_rate", "weight_decay", "ema", "shift", "no_flip", "seed", "held_out", "sigma", "shares",
        "spread", "copies", "consistency", "entropy", "denoising", "noise_mean", "noise_deviation",
    )  # fmt: skip
    return {
        "trainImages": state["train_images"],
        "imagesSeen": state["seen"],
        "trainingHours": round(state["training_seconds"] / 3600, 2),
        "options": {k: options[k] for k in kept if k in options},
        "heldOut": state["history"][-1] if state["history"] else None,
        "lossScale": float(state["extra"]["log_scale"].exp()) if "log_scale" in state["extra"] else None,
    }


def notes(state: dict) -> dict:
    """What the classes are called, and the range of levels trained for: three deviations around the first and last."""
    options = state["options"]
    found = {"trainingSet": Path(options["data"]).name, "classNames": list(state["names"])}
    if options.get("spread") is not None:
        reach = torch.tensor(3 * options["spread"]).exp().item()
        found |= {"sigmaMinimum": 2 * min(options["sigma"]) / reach, "sigmaMaximum": 2 * max(options["sigma"]) * reach}
    elif options.get("noise_mean") is not None:
        mean, deviation = torch.tensor(options["noise_mean"]), 3 * options["noise_deviation"]
        found |= {"sigmaMinimum": (mean - deviation).exp().item(), "sigmaMaximum": (mean + deviation).exp().item()}
    return found


def export(state: dict, path: Path, kind: str) -> None:
    architecture = MultiHeadArchitecture.from_dict(state["architecture"])
    tensors = {name: value.to(TYPES[kind]) for name, value in state["ema"].items()}
    for name, value in tensors.items():
        if not value.isfinite().all():
            raise ValueError(f"{name} does not fit into {kind}")
    metadata = {
        "format": "pt",
        "ndc.format": "1",
        "ndc.architecture": encoded(multihead_description(architecture)),
        "ndc.notes": encoded(notes(state)),
        "ndc.training": encoded(training_facts(state)),
    }
    write(path, tensors, metadata)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--type", choices=sorted(TYPES), default="F16", help="of the weights (default %(default)s)")
    options = parser.parse_args()
    state = torch.load(options.checkpoint, map_location="cpu", weights_only=True)
    if "linear.weight" in state["ema"]:
        parser.error(f"{options.checkpoint} is a classifier's; ndc reads denoisers, and classifiers are served")
    export(state, options.out, options.type)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, {state['seen']} images seen")


if __name__ == "__main__":
    main()
