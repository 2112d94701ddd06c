#!/usr/bin/env python3
"""Evaluations per second of an EDM network in OpenVINO on the processor: fp32, bf16 where it has it, int8 by NNCF.

    bench_openvino.py [--model M | --arch edm-cifar10] [--batch 1 8] [--threads 2] [--rounds 5] [--seconds 2] [--json OUT]

The PyTorch network of this folder is traced and converted (openvino.convert_model), given a fixed batch, and run with
the throughput hint: as many requests in flight as OpenVINO asks for. int8 is NNCF's post-training quantisation, calibrated
on noisy images of the network's own input distribution, with bf16 for what stays in floating point where the processor
has it. Every variant is compared with PyTorch's fp32 on the inputs it is timed with; one that strays (bench_torch.TOLERANCES)
is dropped and named.
"""

import argparse
import itertools
import json
import logging
import pathlib
import statistics
import sys
import time
import warnings

import paths  # noqa: F401
import peer_environment

# int8: convolutions and what lies between them; int8-convs: the convolutions alone. NNCF's default also quantises the
# preconditioner, σ² and the embedding of σ included, which ruins the outputs.
PRECISIONS = ("fp32", "bf16", "int8", "int8-convs")
# Of EDM's networks, EDM2's and OpenAI's.
BODY = r"^(?!__module\.(model|unet)\.(enc|dec|input_blocks|middle_block|output_blocks)\.).*"


def available():
    """The precisions with instructions of their own here; OpenVINO too would emulate bf16."""
    return tuple(p for p in PRECISIONS if p != "bf16" or peer_environment.has_bf16())


class Variant:
    """A compiled network with a batch of inputs."""

    side = "OpenVINO"

    def __init__(self, core, model, precision, inputs, threads):
        import openvino

        self.precision, self.batch = precision, len(inputs[0])
        self.inputs = [part.numpy() for part in inputs]
        fixed = model.clone()
        fixed.reshape({port: list(array.shape) for port, array in zip(fixed.inputs, self.inputs)})
        floating = "bf16" if precision != "fp32" and "bf16" in available() else "f32"
        settings = dict(PERFORMANCE_HINT="THROUGHPUT", INFERENCE_PRECISION_HINT=floating, INFERENCE_NUM_THREADS=threads)
        self.compiled = core.compile_model(fixed, "CPU", settings)
        self.requests = self.compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        self.queue = openvino.AsyncInferQueue(self.compiled, self.requests)

    @property
    def name(self):
        return f"{self.precision} throughput hint batch {self.batch}"

    def __call__(self):
        import torch

        return torch.from_numpy(self.compiled(self.inputs)[0])

    def rate(self, seconds):
        """Evaluations per second over at least `seconds`, every request busy to the end (and used at least twice)."""
        count, start = 0, time.perf_counter()
        while True:
            for _ in range(self.requests):
                self.queue.start_async(self.inputs, share_inputs=True)
            count += self.requests
            if count >= 2 * self.requests and time.perf_counter() - start >= seconds:
                self.queue.wait_all()
                return count * self.batch / (time.perf_counter() - start)


def converted(denoiser, inputs):
    """OpenVINO's form of the network, for any batch."""
    import openvino

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openvino.convert_model(denoiser, example_input=tuple(part[:4] for part in inputs))


def ignored(model, precision):
    """What stays in floating point: preconditioner, embeddings, first and last convolution; perhaps all but convolutions."""
    import nncf

    operations = model.get_ordered_ops()
    convolutions = [o.get_friendly_name() for o in operations if o.get_type_name() == "Convolution"]
    types = {"MatMul"}
    if precision == "int8-convs":
        kept = {"Convolution", "Constant", "Parameter", "Result", "Convert"}
        types = {o.get_type_name() for o in operations} - kept
    ends = [convolutions[0], convolutions[-1]]
    return nncf.IgnoredScope(names=ends, types=sorted(types), patterns=[BODY], validate=False)


def quantized(model, precision, denoiser, images, batch=8):
    """NNCF's post-training quantisation on this many noisy images."""
    import nncf
    from nncf.quantization.advanced_parameters import (
        AdvancedQuantizationParameters,
        OverflowFix,
    )

    from peer_inputs import calibration_inputs

    nncf.set_log_level(logging.ERROR)
    inputs, source = calibration_inputs(denoiser.architecture, images)
    if not denoiser.architecture.label_dim:
        inputs = inputs[:2]
    batch = min(batch, images)
    parts = [[t.numpy() for t in part] for part in zip(*(t.split(batch) for t in inputs)) if len(part[0]) == batch]
    fixed = model.clone()
    fixed.reshape({port: list(array.shape) for port, array in zip(fixed.inputs, parts[0])})
    # Without VNNI a product of bytes is summed in 16 bits and saturates: NNCF then halves the weights' range.
    overflow = OverflowFix.FIRST_LAYER if peer_environment.has_vnni() else OverflowFix.ENABLE
    with peer_environment.elapsed(f"NNCF, {precision}, on {len(parts) * batch} of {source} with noise"):
        return nncf.quantize(
            fixed, nncf.Dataset(parts), preset=nncf.QuantizationPreset.MIXED, subset_size=len(parts),
            ignored_scope=ignored(fixed, precision),
            advanced_parameters=AdvancedQuantizationParameters(overflow_fix=overflow),
        )  # fmt: skip


def prepare(denoiser, batches, threads, precisions=None, calibration=64):
    """The variants that run here, warmed up, with each one's difference from PyTorch's fp32; and the failures by name."""
    import openvino
    import torch

    from bench_torch import checked, described, family
    from peer_inputs import timing_inputs

    core = openvino.Core()
    inputs = {batch: timing_inputs(denoiser.architecture, batch) for batch in batches}
    if not denoiser.architecture.label_dim:
        inputs = {batch: given[:2] for batch, given in inputs.items()}
    with torch.no_grad():
        references = {batch: denoiser(*given) for batch, given in inputs.items()}
        with peer_environment.elapsed("converted to OpenVINO"):
            model = converted(denoiser, timing_inputs(denoiser.architecture, 4)[: len(inputs[batches[0]])])
    variants, failures, models = [], {}, {"fp32": model, "bf16": model}
    for precision, batch in itertools.product(precisions or available(), batches):
        name = f"{precision} throughput hint batch {batch}"
        try:
            if precision not in models:
                models[precision] = quantized(model, precision, denoiser, calibration)
            with peer_environment.elapsed(f"prepared {name}"):
                variant = Variant(core, models[precision], precision, inputs[batch], threads)
                for _ in range(2):
                    result = variant()
            variant.difference = checked(result, references[batch], family(precision))
            variants.append(variant)
        except Exception as error:  # a variant that this machine or version cannot run is reported, not fatal
            failures[name] = described(error)
    return variants, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a .pkl of EDM or EDM2, or a .safetensors file of ndc")
    parser.add_argument("--arch", default="edm-cifar10", help="without --model: random weights")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="per variant and round")
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, help="default: those of the processor")
    parser.add_argument("--calibration-images", type=int, default=64, help="for NNCF")
    parser.add_argument("--fixtures", type=pathlib.Path, help="recorded outputs of the original network")
    parser.add_argument("--json", help="write the rates here")
    options = parser.parse_args()
    _, python = peer_environment.enter(("torch", "numpy", "openvino", "nncf"))
    peer_environment.check_network(python, options.fixtures, options.threads)

    import openvino
    import torch

    import bench_torch
    import published
    from networks.ndc_safetensors import load

    torch.set_num_threads(options.threads)
    denoiser = load(options.model) if options.model else published.for_inference(options.arch)
    prepared = prepare(denoiser, options.batch, options.threads, options.precision, options.calibration_images)
    variants, failures = prepared
    if not variants:
        sys.exit(f"no variant runs: {failures}")
    rates = bench_torch.survey(variants, options.rounds, options.seconds)
    winner = bench_torch.show(variants, failures, rates)
    if options.json:
        report = dict(
            openvino=openvino.__version__, threads=options.threads, rates=rates, failures=failures, best=winner.name,
            medians={k: statistics.median(v) for k, v in rates.items()},
        )  # fmt: skip
        pathlib.Path(options.json).write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
