#!/usr/bin/env python3
"""Serves a denoiser or a classifier in PyTorch to `ndc`, over the Open Inference Protocol.

    serve.py edm-cifar10-32x32-cond-vp.pkl --device cuda --precision bf16 --compile
    serve.py examples/resnet56.py --weights resnet56-cifar10.safetensors --name resnet
    ndc certify --model http://127.0.0.1:8000/v2/models/edm --classes 10 --data cifar-10-batches-bin --sigma 0.25

The model answers a fixed batch, and requests are never joined, so that votes do not depend on each other.
"""

from __future__ import annotations

import argparse
import importlib.util
import pickle
import re
import sys
from pathlib import Path

DEVICE = re.compile(r"(cpu|mps)|(cuda|xpu)(:\d+)?")
PACKAGES = {"triton": ("pytriton", "requirements-triton.txt"), "mlserver": ("mlserver", "requirements-mlserver.txt")}


def positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return int(text)


def port(text: str) -> int:
    if positive(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return int(text)


def device(text: str) -> str:
    if not DEVICE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: cpu, mps, cuda, cuda:0, xpu, xpu:0 …")
    return text


def name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", text):
        raise argparse.ArgumentTypeError(f"{text!r}: letters, digits, '_', '.' and '-'")
    return text


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="CHECKPOINT", help=".pkl, .safetensors, or FILE.py[:FUNCTION] (is executed)")
    parser.add_argument("--weights", type=Path, help="handed to FUNCTION of FILE.py")
    parser.add_argument("--server", choices=sorted(PACKAGES), default="triton", help="(default %(default)s)")
    parser.add_argument(
        "--device", type=device, nargs="+", default=["cpu"], metavar="D",
        help="cpu, cuda, cuda:1, mps, xpu; several of a kind answer in turn (default cpu)",
    )  # fmt: skip
    parser.add_argument("--precision", choices=["fp32", "bf16", "fp16"], default="fp32", help="(default %(default)s)")
    parser.add_argument(
        "--compile", nargs="?", const="default", choices=["default", "reduce-overhead", "max-autotune"], metavar="MODE",
        help="torch.compile; reduce-overhead and max-autotune use CUDA graphs, and what max-autotune chooses may "
        "change between starts",
    )  # fmt: skip
    parser.add_argument("--batch", type=positive, default=64, help="rows a call, as ndc's (default %(default)s)")
    parser.add_argument("--threads", type=positive, help="of PyTorch on cpu (default: its own choice)")
    parser.add_argument("--address", default="127.0.0.1", help="0.0.0.0 opens it to the network (default %(default)s)")
    parser.add_argument("--port", type=port, default=8000, help="(default %(default)s)")
    parser.add_argument("--name", type=name, default="model", help="of the model in its address (default %(default)s)")
    options = parser.parse_args(arguments)
    if len({d if d in ("cpu", "mps") or ":" in d else f"{d}:0" for d in options.device}) < len(options.device):
        parser.error(f"--device {' '.join(options.device)}: a device twice")
    if len({d.split(":")[0] for d in options.device}) > 1:
        parser.error("--device: devices of different kinds answer differently, and ndc would refuse them")
    if options.precision == "fp16" and options.device == ["cpu"]:
        parser.error("--precision fp16 is for GPUs; bf16 works on cpu too")
    if not Path(options.source.split(".py:")[0] + (".py" if ".py:" in options.source else "")).expanduser().is_file():
        parser.error(f"{options.source}: no such file")
    package, requirements = PACKAGES[options.server]
    if not importlib.util.find_spec(package):
        parser.error(f"--server {options.server}: {package} is not installed here (Serving/{requirements})")
    return options


def main(arguments: list[str] | None = None) -> None:
    options = parsed(arguments)
    # After the checks, since importing PyTorch takes seconds.
    import torch

    from adapters.own import load_model
    from runtime.address import Address
    from runtime.fixed_batch import Execution, FixedBatch, make_deterministic, missing

    make_deterministic()
    if options.threads:
        torch.set_num_threads(options.threads)
    execution = Execution(options.batch, options.precision, options.compile)
    try:
        for absent in filter(None, map(missing, options.device)):
            raise ValueError(absent)
        models = [FixedBatch(load_model(options.source, options.weights), d, execution) for d in options.device]
        for model in models:
            model.warm_up()
    except (OSError, ValueError, TypeError, RuntimeError, pickle.UnpicklingError) as error:
        sys.exit(f"serve.py: {error}")
    address = Address(options.address, options.port, options.name)
    print(
        f"{models[0].signature.output.name} of {options.source}, {options.batch} rows a call, {options.precision} on "
        f"{', '.join(options.device)}: {address}",
        file=sys.stderr, flush=True,
    )  # fmt: skip
    if options.server == "triton":
        from runtime.triton_server import serve
    else:
        from runtime.mlserver_server import serve
    serve(models, address)


if __name__ == "__main__":
    main()
