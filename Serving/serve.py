#!/usr/bin/env python3
"""Serves a denoiser or a classifier in PyTorch to `ndc`, over the Open Inference Protocol.

    serve.py edm-cifar10-32x32-cond-vp.pkl --device cuda --precision bf16 --compile
    serve.py examples/resnet56.py --weights resnet56-cifar10.safetensors --name resnet
    serve.py conditional.pkl unconditional.pkl --name edm edm-uncond
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
PACKAGES = {"triton": "pytriton", "mlserver": "mlserver"}


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


def file_of(source: str) -> Path:
    """Of FILE, or of FILE.py:FUNCTION."""
    return Path(source.split(".py:")[0] + ".py" if ".py:" in source else source).expanduser()


def parser(description: str | None = __doc__) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "sources", metavar="CHECKPOINT", nargs="+",
        help=".pkl, .safetensors, or FILE.py[:FUNCTION] (is executed); several are several models of one server",
    )  # fmt: skip
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
    parser.add_argument(
        "--name", type=name, nargs="+", default=["model"], help="of every model, in its address (default model)"
    )
    return parser


def checked(parser: argparse.ArgumentParser, options: argparse.Namespace) -> argparse.Namespace:
    """Stops where options contradict each other, before PyTorch is imported."""
    if len({d if d in ("cpu", "mps") or ":" in d else f"{d}:0" for d in options.device}) < len(options.device):
        parser.error(f"--device {' '.join(options.device)}: a device twice")
    if len({d.split(":")[0] for d in options.device}) > 1:
        parser.error("--device: devices of different kinds answer differently, and ndc would refuse them")
    if options.precision == "fp16" and options.device == ["cpu"]:
        parser.error("--precision fp16 is for GPUs; bf16 works on cpu too")
    if len(set(options.name)) != len(options.name) or len(options.name) != len(options.sources):
        parser.error(f"--name: as many different names as models, {len(options.sources)}")
    for source in options.sources:
        if not file_of(source).is_file():
            parser.error(f"{source}: no such file")
    if options.weights and sum(file_of(source).suffix == ".py" for source in options.sources) != 1:
        parser.error("--weights belongs to one FILE.py")
    package = PACKAGES[options.server]
    if not importlib.util.find_spec(package):
        parser.error(f"--server {options.server}: {package} is not installed here (Serving/requirements.txt)")
    return options


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    known = parser()
    return checked(known, known.parse_args(arguments))


def main(arguments: list[str] | None = None) -> None:
    options = parsed(arguments)
    # After the checks, since importing PyTorch takes seconds.
    import torch

    from adapters.own import load_model
    from runtime.address import Address
    from runtime.consistency import inconsistency
    from runtime.fixed_batch import Execution, FixedBatch, make_deterministic, missing

    make_deterministic()
    if options.threads:
        torch.set_num_threads(options.threads)
    execution = Execution(options.batch, options.precision, options.compile)
    try:
        for absent in filter(None, map(missing, options.device)):
            raise ValueError(absent)
        served = {}
        for called, source in zip(options.name, options.sources, strict=True):
            weights = options.weights if file_of(source).suffix == ".py" else None
            served[called] = [FixedBatch(load_model(source, weights), d, execution) for d in options.device]
            for model in served[called]:
                model.warm_up()
    except (OSError, ValueError, TypeError, RuntimeError, pickle.UnpicklingError) as error:
        sys.exit(f"serve.py: {error}")
    address = Address(options.address, options.port)
    for (called, models), source in zip(served.items(), options.sources, strict=True):
        what = f"{models[0].signature.output.name} of {source}, {options.batch} rows a call, {options.precision} on "
        print(f"{what}{', '.join(options.device)}: {address.of(called)}", file=sys.stderr, flush=True)
        if on := inconsistency(models):
            print(f"warning: {called}'s answers depend on {on}: ndc refuses that, see Companions in Docs/Serving.md",
                  file=sys.stderr, flush=True)  # fmt: skip
    if options.server == "triton":
        from runtime.triton_server import serve
    else:
        from runtime.mlserver_server import serve
    serve(served, address)


if __name__ == "__main__":
    main()
