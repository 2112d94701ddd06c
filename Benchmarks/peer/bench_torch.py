"""Evaluations per second of a denoising network in PyTorch on the processor, over the ways to run it.

    bench_torch.py [--model M | --arch edm-cifar10] [--batch 8 …] [--threads 2] [--rounds 5] [--seconds 2] [--json OUT]

Precisions: fp32, bf16 (autocast), bf16-weights (encoder and decoder stored in bf16, embedding in fp32).
Each contiguous and channels-last, eager and compiled (torch.compile with frozen weights).
Every round measures every variant once, so that a drifting machine treats them alike; a figure is the median over rounds.
"""

import argparse
import copy
import itertools
import json
import statistics
import sys
import time

import torch

from peer_inputs import timing_inputs
import paths  # noqa: F401
import published
from networks.ndc_safetensors import load

PRECISIONS = ("fp32", "bf16", "bf16-weights")
LAYOUTS = ("contiguous", "channels-last")
MODES = ("eager", "compiled")
# What turns noise levels and labels into embeddings, in EDM's, OpenAI's and EDM2's networks: fp32 in every precision.
EMBEDDINGS = ("map_", "time_embed", "label_emb", "emb_")
# How far a variant may be from PyTorch's eager fp32: greatest difference over greatest value, and root mean squares.
TOLERANCES = {"fp32": (1e-4, 1e-4), "bf16": (5e-2, 2e-2), "int8": (1e-1, 5e-2)}


class Variant:
    """One way to run the network and a batch of inputs, with its own weights where they differ."""

    side = "PyTorch"

    def __init__(self, denoiser, precision, layout, mode, batch):
        self.precision, self.layout, self.mode, self.batch = precision, layout, mode, batch
        format = torch.channels_last if layout == "channels-last" else torch.contiguous_format
        network = denoiser
        if precision == "bf16-weights" or layout == "channels-last":
            network = copy.deepcopy(denoiser).to(memory_format=format)
        if precision == "bf16-weights":
            for name, part in (network.unet if hasattr(network, "unet") else network.model).named_children():
                if not name.startswith(EMBEDDINGS):
                    part.to(torch.bfloat16)
        self.run = torch.compile(network, dynamic=False) if mode == "compiled" else network

        x, self.sigma, self.labels = timing_inputs(denoiser.architecture, batch)
        self.x = x.contiguous(memory_format=format)
        self.format = format
        if not denoiser.architecture.label_dim:
            self.labels = None

    @property
    def name(self):
        return f"{self.precision} {self.layout} {self.mode} batch {self.batch}"

    def __call__(self):
        return self.denoise(self.x, self.sigma, self.labels)

    @torch.no_grad()
    def denoise(self, x, sigma, labels):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            return self.run(x.contiguous(memory_format=self.format), sigma, labels)

    def rate(self, seconds):
        """Evaluations per second over at least `seconds` (and at least two batches)."""
        count, start = 0, time.perf_counter()
        while True:
            self()
            count += 1
            elapsed = time.perf_counter() - start
            if elapsed >= seconds and count >= 2:
                return count * self.batch / elapsed


def prepared(denoiser, batches, failures, precisions=PRECISIONS, layouts=LAYOUTS, modes=MODES):
    """Yields the variants that run here, warmed up, with their differences from eager fp32; others go to `failures`."""
    import torch._inductor.config as inductor

    # Frozen, PyTorch 2.15 computes EDM2's networks wrongly, by half of the largest value.
    inductor.freezing = not hasattr(denoiser, "unet")
    for batch in batches:
        reference = Variant(denoiser, "fp32", "contiguous", "eager", batch)()
        for choice in itertools.product(precisions, layouts, modes):
            variant = Variant(denoiser, *choice, batch)
            try:
                for _ in range(2):
                    result = variant()
                variant.difference = checked(result, reference, family(variant.precision))
            except Exception as error:  # a variant that this machine or version cannot run is reported, not fatal
                failures[variant.name] = described(error)
            print(f"prepared {variant.name}", file=sys.stderr, flush=True)
            if variant.name not in failures:
                yield variant
            del variant


def prepare(denoiser, batches, **choices):
    """The variants that run here, and the failures by name."""
    failures = {}
    return list(prepared(denoiser, batches, failures, **choices)), failures


def fastest(denoiser, batches, rounds, seconds, **choices):
    """`prepare` and `survey` in one, which never holds the weights of more than one variant beside the fastest of each
    family: those, all rates, and the failures."""
    winners, rates, failures = {}, {}, {}
    for variant in prepared(denoiser, batches, failures, **choices):
        rates[variant.name] = [variant.rate(seconds) for _ in range(rounds)]
        key = family(variant.precision)
        if key not in winners or statistics.median(rates[variant.name]) > statistics.median(rates[winners[key].name]):
            winners[key] = variant
        del variant
    return list(winners.values()), rates, failures


def differences(result, reference):
    """max |result − reference| / max |reference|, and the same of root mean squares."""
    error = (result - reference).to(torch.float64)
    most = error.abs().max() / reference.abs().max()
    return float(most), float(error.square().mean().sqrt() / reference.to(torch.float64).square().mean().sqrt())


def checked(result, reference, precision, bars=TOLERANCES):
    """The greatest relative difference; an error where a bar is exceeded or something is not a number."""
    most, typical = differences(result, reference)
    if not (most <= bars[precision][0] and typical <= bars[precision][1]):
        raise ArithmeticError(
            f"differs from PyTorch's fp32 by {most:.2e} of max, {typical:.2e} of rms (bars {bars[precision]})"
        )
    return most


def described(error):
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def survey(variants, rounds, seconds):
    """Rates of every variant, one per round."""
    rates = {v.name: [] for v in variants}
    for i in range(rounds):
        for variant in variants:
            rates[variant.name].append(variant.rate(seconds))
        print(f"round {i + 1} of {rounds}", file=sys.stderr)
    return rates


def family(precision):
    """bf16 in either form counts as bf16."""
    return precision.split("-")[0]


def best(variants, rates, precision=None):
    """The variant with the highest median, among those of one family of precisions if given."""
    allowed = [v for v in variants if precision in (None, family(v.precision))]
    return max(allowed, key=lambda v: statistics.median(rates[v.name]), default=None)


def show(variants, failures, rates):
    """Prints a survey; returns the fastest variant."""
    for variant in variants:
        found = rates[variant.name]
        spread = f"{min(found):.2f} … {max(found):.2f}"
        print(
            f"{variant.name:48} {statistics.median(found):8.2f} evaluations/s ({spread}), off by {variant.difference:.1e}"
        )
    for name, reason in failures.items():
        print(f"{name:48} did not run: {reason}")
    winner = best(variants, rates)
    print(f"best: {winner.name}, {statistics.median(rates[winner.name]):.2f} evaluations/s")
    return winner


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a .pkl of EDM or EDM2, or a .safetensors file of ndc")
    parser.add_argument(
        "--arch", choices=published.names(), default="edm-cifar10", help="without --model: random weights"
    )
    parser.add_argument("--batch", type=int, nargs="+", default=[8])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="per variant and round")
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--layout", nargs="+", choices=LAYOUTS, default=LAYOUTS)
    parser.add_argument("--mode", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--json", help="write the rates here")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    denoiser = load(options.model) if options.model else published.for_inference(options.arch)
    variants, failures = prepare(
        denoiser, options.batch, precisions=options.precision, layouts=options.layout, modes=options.mode
    )
    if not variants:
        sys.exit(f"no variant runs: {failures}")
    rates = survey(variants, options.rounds, options.seconds)
    winner = show(variants, failures, rates)
    if options.json:
        report = dict(
            torch=torch.__version__, batch=options.batch, threads=options.threads, rates=rates, failures=failures,
            medians={k: statistics.median(v) for k, v in rates.items()}, best=winner.name,
        )  # fmt: skip
        with open(options.json, "w") as file:
            json.dump(report, file, indent=2)


if __name__ == "__main__":
    main()
