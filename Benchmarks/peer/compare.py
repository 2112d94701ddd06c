#!/usr/bin/env python3
"""PyTorch and OpenVINO against ndc on one network, in one run: evaluations of the denoiser per second.

    Benchmarks/peer/compare.py [--arch NAME | --arch mnist | --model FILE] [--precisions fp32 bf16 int8]
                               [--peers torch openvino] [--ndc PATH] [--expect-fp32 R] … [--markdown F] [--json F]

Makes a virtual environment outside the repository (NDC_VENV, by default ~/.cache/ndc-peer-venv) with the packages from
PyPI, checks the PyTorch network against recorded outputs, writes the checkpoint (--arch: random weights; mnist: the
bundled model), quantises it for ndc, surveys the peers' variants, then times the best of each peer and precision and
ndc in turn, round by round. NAME: edm-cifar10 (the default), edm-imagenet64, edm2-img64-xs … xl, guided-diffusion-64,
improved-diffusion-imagenet64-cond, improved-diffusion-cifar10-uncond, consistency-edm-imagenet64.

Of networks from 100 million parameters on, where an evaluation takes a second, little is done (options ask for more):
PyTorch eager, at a batch of 2 (--batch 2), surveyed once and without keeping the slower variants' weights, OpenVINO's
batches likewise; 4 evaluations (--images 4) in each of 2 rounds (--rounds 2); calibration on 1 image and level.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys

import paths  # noqa: F401
import peer_environment
from peer_environment import REPOSITORY, SLACK, Foreign, Measured, elapsed, processor, verdict_on

PRECISIONS = ("fp32", "bf16", "int8")
# ndc's parity bars: greatest difference over greatest value, and of root mean squares. The greatest of bf16 and int8 is
# allowed what the peers are: over thousands of images it is several times that of the few in the tests' fixtures.
PARITY = {"fp32": (2e-5, 2e-5), "bf16": (5e-2, 1e-2), "int8": (1e-1, 5e-2)}
# From this many parameters on one evaluation takes long: fewer of them are timed, in smaller batches.
LARGE = 10_000_000
# From this many on every step takes long: see above.
HUGE = 100_000_000
SIDES = {"torch": "PyTorch", "openvino": "OpenVINO"}


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ndc", type=pathlib.Path, default=REPOSITORY / ".build/release/ndc")
    parser.add_argument("--peer-only", action="store_true", help="measure the peers alone")
    parser.add_argument("--peers", nargs="+", choices=sorted(SIDES), default=["torch", "openvino"])
    parser.add_argument(
        "--work", type=pathlib.Path, help="folder for checkpoint and arrays (default: in the environment)"
    )
    parser.add_argument(
        "--fixtures", type=pathlib.Path, help="recorded outputs of the original network (default: NDC_SHARED's)"
    )
    parser.add_argument(
        "--arch", default="edm-cifar10", help="a network of random weights, or mnist: the bundled model"
    )
    parser.add_argument(
        "--model", type=pathlib.Path, help="a .pkl of EDM or EDM2 or a .safetensors file of ndc, instead of --arch"
    )
    parser.add_argument(
        "--precisions",
        nargs="+",
        choices=PRECISIONS,
        default=PRECISIONS,
        help="of ndc and OpenVINO; those that the processor lacks are left out",
    )
    parser.add_argument(
        "--images",
        type=int,
        help="evaluations in one run of ndc (default: 64; 4096 for a small network, 4 for a huge one)",
    )
    parser.add_argument(
        "--batch",
        type=int,
        nargs="+",
        help="PyTorch's batches (default: 8; 8 32 for a small network, 2 for a huge one)",
    )
    parser.add_argument(
        "--openvino-batch",
        type=int,
        nargs="+",
        help="OpenVINO's batches (default: 1 8; 1 8 32 for a small network, 2 for a huge one)",
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, help="default: 5; 2 for a huge network")
    parser.add_argument("--survey-rounds", type=int, help="default: 3; 1 for a huge network")
    parser.add_argument("--seconds", type=float, default=3.0, help="one timing of a peer; half of it in the survey")
    parser.add_argument(
        "--calibration-images",
        type=int,
        help="for NNCF and ndc quantize (default: 64 and 4; 64 and 32 for a small network, 1 for a huge one)",
    )
    for side, precisions in (("", PRECISIONS[:2]), ("openvino-", PRECISIONS)):
        for precision in precisions:
            peer = SIDES["openvino" if side else "torch"]
            parser.add_argument(
                f"--expect-{side}{precision}",
                type=float,
                metavar="R",
                help=f"{peer}'s {precision} rate on this machine when idle",
            )
    parser.add_argument(
        "--peer-precisions",
        nargs="+",
        choices=["fp32", "bf16", "bf16-weights"],
        help="of PyTorch (default: all the processor has)",
    )
    parser.add_argument(
        "--modes", nargs="+", choices=["eager", "compiled"],
        help="of PyTorch (default: both; eager for a huge network, whose compilation takes minutes)",
    )  # fmt: skip
    parser.add_argument(
        "--layouts", nargs="+", choices=["contiguous", "channels-last"], default=["contiguous", "channels-last"],
        help="of PyTorch; each holds the weights once more",
    )  # fmt: skip
    parser.add_argument(
        "--ndc-option", action="append", default=[], help="one more argument for `ndc denoise`; repeatable"
    )
    parser.add_argument("--json", type=pathlib.Path, help="write all rates here")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the table here")
    return parser.parse_args()


def precisions_here(wanted):
    """Without bf16 instructions frameworks emulate it, at a hundredth of the speed: not worth the hour."""
    if peer_environment.has_bf16():
        return list(wanted)
    if "bf16" in wanted:
        print("this processor has no bf16 instructions: bf16 is left out on every side")
    return [p for p in wanted if p != "bf16"]


class NDC:
    """Runs `ndc denoise`; its own clock gives the rate, ours the start-up time, the kernel the peak memory."""

    def __init__(self, executable, models, folder, threads, labels, extra):
        self.executable, self.models, self.folder, self.extra = executable, models, folder, extra
        self.threads, self.labels = threads, labels
        self.peak = {}
        self.overhead = {}

    def output(self, precision):
        return self.folder / f"ndc-{precision}.npy"

    def rate(self, precision):
        array = lambda name: self.folder / f"{name}.npy"  # noqa: E731
        command = [self.executable, "denoise", "--model", self.models[precision], "--x", array("x")]
        command += ["--sigma", array("sigma"), "--precision", precision, "--threads", self.threads]
        command += ["--labels", array("labels")] if self.labels else []
        measured = Measured([*command, "--out", self.output(precision), "--json", *self.extra])
        report = measured.json
        self.peak[precision] = max(self.peak.get(precision, 0), measured.peak)
        self.overhead.setdefault(precision, []).append(measured.wall - report["seconds"])
        return report["evaluationsPerSecond"]


class Extent:
    """How much is measured, by the size of the network, where the options say nothing."""

    def __init__(self, o, parameters):
        large, self.huge = parameters >= LARGE, parameters >= HUGE
        of_size = lambda small, medium, huge: huge if self.huge else medium if large else small  # noqa: E731
        self.images = o.images or of_size(4096, 64, 4)
        self.batches = o.batch or of_size([8, 32], [8], [2])
        self.openvino_batches = o.openvino_batch or of_size([1, 8, 32], [1, 8], [2])
        self.rounds = o.rounds or of_size(5, 5, 2)
        self.survey_rounds = o.survey_rounds or of_size(3, 3, 1)
        self.modes = o.modes or of_size(["eager", "compiled"], ["eager", "compiled"], ["eager"])
        self.nncf_images = o.calibration_images or of_size(64, 64, 1)
        self.quantize_images = o.calibration_images or of_size(32, 4, 1)
        self.quantize_options = of_size([], [], ["--levels", 1])


def quantized(o, model, denoiser, folder, extent):
    """The model with the ranges that `--precision int8` needs: itself where it has them, else a copy."""
    import numpy

    from networks.ndc_safetensors import is_quantized
    from peer_inputs import training_images

    if is_quantized(model):
        return model
    images = extent.quantize_images
    pixels, source = training_images(denoiser.architecture, images)
    numpy.savez(folder / "calibration.npz", images=pixels.numpy())
    out = folder / f"{model.stem}-int8.safetensors"
    with elapsed(f"ndc quantize on {images} of {source}"):
        calibration = f"npz:{folder / 'calibration.npz'}"
        command = [o.ndc, "quantize", model, out, "--calibration", calibration, "--images", images, "--json"]
        Measured([*command, *extent.quantize_options, "--threads", o.threads])
    return out


def write_inputs(folder, architecture, count):
    import numpy

    from peer_inputs import timing_inputs

    inputs = timing_inputs(architecture, count)
    for name, tensor in zip(("x", "sigma", "labels"), inputs):
        numpy.save(folder / f"{name}.npy", tensor.numpy())
    return inputs if architecture.label_dim else inputs[:2]


def check_outputs(ndc, denoiser, inputs, precisions):
    """ndc's outputs for the benchmark's own inputs against PyTorch's fp32; a fast wrong answer is not a result."""
    import numpy
    import torch

    from bench_torch import differences

    # Sixty-four of them, spread over the noise levels.
    chosen = torch.arange(0, len(inputs[0]), max(1, len(inputs[0]) // 64))
    with torch.no_grad():
        parts = zip(*(t[chosen].split(8) for t in inputs))
        reference = torch.cat([denoiser(*part) for part in parts])
    found = {}
    for precision in precisions:
        result = torch.from_numpy(numpy.load(ndc.output(precision)))[chosen]
        most, typical = differences(result, reference)
        passed = most <= PARITY[precision][0] and typical <= PARITY[precision][1]
        found[precision] = dict(max=most, rms=typical, passed=passed)
        bars = "{:.0e}, {:.0e}".format(*PARITY[precision])
        print(
            f"ndc {precision}: off by {most:.1e} of max, {typical:.1e} of rms (bars {bars}){'' if passed else '  FAIL'}"
        )
    return found


def the_model(o, folder):
    """The checkpoint's path, its network in PyTorch, and what it is called in the tables."""
    import published
    from networks import ndc_safetensors

    if o.model:
        return o.model, ndc_safetensors.load(o.model), o.model.name
    if o.arch == "mnist":
        model = peer_environment.bundled_model()
        return model, ndc_safetensors.load(model), "mnist, the bundled model"
    if o.arch not in published.names():
        sys.exit(f"--arch {o.arch}: one of mnist, {', '.join(published.names())}")
    return *published.written(o.arch, folder), f"{o.arch}, random weights"


def prepared_peers(o, denoiser, precisions, extent):
    """Every variant of every peer, warmed up and checked; rates of those surveyed already; why others failed."""
    variants, rates, failures = [], {}, {}
    if "torch" in o.peers:
        import bench_torch

        here = [p for p in bench_torch.PRECISIONS if p == "fp32" or peer_environment.has_bf16()]
        choices = dict(precisions=o.peer_precisions or here, layouts=o.layouts, modes=extent.modes)
        if extent.huge:
            found, surveyed, failed = bench_torch.fastest(
                denoiser, extent.batches, extent.survey_rounds, o.seconds / 2, **choices
            )
            rates = {("PyTorch", name): each for name, each in surveyed.items()}
        else:
            found, failed = bench_torch.prepare(denoiser, extent.batches, **choices)
        variants += found
        failures.update({f"PyTorch {name}": reason for name, reason in failed.items()})
    if "openvino" in o.peers:
        import bench_openvino

        wanted = [p for p in bench_openvino.PRECISIONS if p.split("-")[0] in precisions]
        found, failed = bench_openvino.prepare(denoiser, extent.openvino_batches, o.threads, wanted, extent.nncf_images)
        variants += found
        failures.update({f"OpenVINO {name}": reason for name, reason in failed.items()})
    return variants, rates, failures


def survey(o, variants, rates, rounds):
    """Rates of every variant, all in turn but for those in `rates`; the best of each peer and precision."""
    import bench_torch

    rest = [variant for variant in variants if (variant.side, variant.name) not in rates]
    for i in range(rounds if rest else 0):
        for variant in rest:
            rates.setdefault((variant.side, variant.name), []).append(variant.rate(o.seconds / 2))
        print(f"survey round {i + 1} of {rounds}", file=sys.stderr, flush=True)
    bests = {}
    for variant in variants:
        key, found = (
            (variant.side, bench_torch.family(variant.precision)),
            statistics.median(rates[variant.side, variant.name]),
        )
        if key not in bests or found > bests[key][0]:
            bests[key] = (found, variant)
    return {f"{side} {name}": found for (side, name), found in rates.items()}, {key: v for key, (_, v) in bests.items()}


def compare(o, folder):
    import torch

    from networks.edm_network import parameter_count

    torch.set_num_threads(o.threads)
    model, denoiser, title = the_model(o, folder)
    extent = Extent(o, parameter_count(denoiser))
    o.rounds = extent.rounds
    precisions = precisions_here(o.precisions)
    inputs = write_inputs(folder, denoiser.architecture, extent.images)
    ndc = None
    if not o.peer_only:
        models = dict.fromkeys(precisions, model)
        if "int8" in precisions:
            models["int8"] = quantized(o, model, denoiser, folder, extent)
        ndc = NDC(o.ndc, models, folder, o.threads, denoiser.architecture.label_dim, o.ndc_option)

    variants, rates, failures = prepared_peers(o, denoiser, precisions, extent)
    surveyed, peers = survey(o, variants, rates, extent.survey_rounds)
    del variants
    for name, rates in surveyed.items():
        print(f"  {name:56} {statistics.median(rates):8.2f} evaluations/s")
    for name, reason in failures.items():
        print(f"  {name:56} did not run: {reason}")

    turns = [(key, lambda v=variant: v.rate(o.seconds)) for key, variant in peers.items()]
    if ndc:
        turns += [(("ndc", p), lambda p=p: ndc.rate(p)) for p in precisions]
    turns.sort(key=lambda turn: PRECISIONS.index(turn[0][1]))
    rates, foreign = {}, Foreign()
    for i in range(o.rounds):
        # The order is reversed every other round: no side always runs on the warmer machine.
        for key, measure in turns if i % 2 == 0 else reversed(turns):
            rates.setdefault(key, []).append(measure())
        print(f"paired round {i + 1} of {o.rounds}", file=sys.stderr, flush=True)
    busy = foreign.share()

    outputs = {}
    if ndc:
        print()
        outputs = check_outputs(ndc, denoiser, inputs, precisions)
    return report(
        o, Findings(title, parameter_count(denoiser), precisions, ndc, peers, rates, busy, outputs, surveyed, failures)
    )


class Findings:
    """Everything one run measured."""

    def __init__(self, title, parameters, precisions, ndc, peers, rates, busy, outputs, surveyed, failures):
        self.title, self.parameters, self.precisions, self.ndc, self.peers = title, parameters, precisions, ndc, peers
        self.rates, self.busy, self.outputs, self.surveyed, self.failures = rates, busy, outputs, surveyed, failures
        self.medians = {key: statistics.median(found) for key, found in rates.items()}
        self.sides = [side for side in SIDES.values() if any(key[0] == side for key in rates)]

    def best(self, side):
        return max(rate for key, rate in self.medians.items() if key[0] == side)

    def ratios(self, precision):
        """ndc's rate over each peer's: in the same precision, where it ran, and at its best."""
        own, found = self.medians["ndc", precision], {}
        for side in self.sides:
            if (side, precision) in self.medians:
                found[f"{side} {precision}"] = own / self.medians[side, precision]
            found[f"{side} best"] = own / self.best(side)
        return found

    def rows(self):
        for (side, precision), found in sorted(self.rates.items(), key=lambda i: (PRECISIONS.index(i[0][1]), i[0][0])):
            how = self.peers[side, precision].name if side != "ndc" else precision
            yield side, precision, how, self.medians[side, precision], min(found), max(found)


def expectations(o, findings):
    """Lines about the rates that peers were expected to reach, and whether all did."""
    lines, sound = [], True
    for name, side in SIDES.items():
        for precision in PRECISIONS:
            flag = f"expect_{'openvino_' if name == 'openvino' else ''}{precision}"
            expected, found = getattr(o, flag, None), findings.medians.get((side, precision))
            if not expected:
                continue
            if found is None:
                sound = False
                lines.append(f"{side} {precision}: expected at {expected:.2f}, did not run; the ratio is void")
                continue
            reached = found >= (1 - SLACK) * expected
            sound &= reached
            verdict = "reached" if reached else "NOT reached: the machine was busy or is another one; the ratio is void"
            lines.append(f"{side} {precision}: {found:.2f} of an expected {expected:.2f}, {verdict}")
    return lines, sound


def markdown(o, findings, notes):
    """The table that the README quotes."""
    sides = findings.sides
    lines = [
        f"**{findings.title}** ({findings.parameters:,} parameters): evaluations per second, "
        f"medians of {o.rounds} rounds, {o.threads} threads, {processor()}",
        "",
    ]
    lines += [
        "| | evaluations/s | lowest … highest | "
        + " | ".join(f"× {s}, same precision | × {s}'s best" for s in sides)
        + " |"
    ]
    lines += ["| --- | ---: | ---: |" + " ---: | ---: |" * len(sides)]
    for side, precision, how, median, low, high in findings.rows():
        cells = [""] * (2 * len(sides))
        if side == "ndc":
            ratios = findings.ratios(precision)
            cells = [
                f"{ratios[k]:.2f}" if k in ratios else "" for s in sides for k in (f"{s} {precision}", f"{s} best")
            ]
        lines.append(f"| {side} {how} | {median:.2f} | {low:.2f} … {high:.2f} | " + " | ".join(cells) + " |")
    return "\n".join(lines + [""] + [f"- {note}" for note in notes]) + "\n"


def versions(o):
    import torch

    found = {"PyTorch": torch.__version__}
    if "openvino" in o.peers:
        import nncf
        import openvino

        found.update({"OpenVINO": openvino.__version__.split("-")[0], "NNCF": nncf.__version__})
    return ", ".join(f"{name} {version}" for name, version in found.items())


def report(o, f):
    print(f"\n{f.title}, {versions(o)}, {o.threads} threads, {o.rounds} paired rounds, {processor()}")
    print(f"{'':48} {'evaluations/s':>13}   {'lowest … highest':>18}")
    for side, _, how, median, low, high in f.rows():
        print(f"{side + ' ' + how:50} {median:11.2f}   {low:8.2f} … {high:.2f}")
    if f.ndc and f.sides:
        for precision in f.precisions:
            print(f"ndc {precision}: " + ", ".join(f"{r:.3f} × {name}" for name, r in f.ratios(precision).items()))
    lines, reached = expectations(o, f)
    line, idle = verdict_on(f.busy)
    for note in [*lines, line]:
        print(note)
    if f.ndc:
        for precision in f.precisions:
            start_up = statistics.median(f.ndc.overhead[precision])
            print(
                f"ndc {precision}: peak memory {f.ndc.peak[precision]:.2f} GiB, "
                f"everything but the evaluations {start_up:.2f} s"
            )
    agree = all(found["passed"] for found in f.outputs.values())
    sound = reached and idle and agree
    print("every ratio counts" if sound else "NOT a result: see above")
    if o.markdown:
        parity = [
            f"ndc {p} is off PyTorch's fp32 by {d['max']:.1e} of the greatest value, {d['rms']:.1e} in root mean squares"
            for p, d in f.outputs.items()
        ]
        o.markdown.write_text(
            markdown(o, f, [versions(o), *parity, *lines, line] + ([] if sound else ["**not a result**"]))
        )
    if o.json:
        content = dict(
            title=f.title, versions=versions(o), processor=processor(), threads=o.threads,
            rates={f"{side} {precision}": found for (side, precision), found in f.rates.items()},
            peers={" ".join(key): variant.name for key, variant in f.peers.items()},
            ratios={p: f.ratios(p) for p in f.precisions} if f.ndc and f.sides else {},
            outputs=f.outputs, foreign=f.busy, sound=sound, survey=f.surveyed, failures=f.failures,
        )  # fmt: skip
        o.json.write_text(json.dumps(content, indent=2))
    return 0 if sound else 1


def main():
    o = options()
    if not o.peer_only:
        peer_environment.executable(o.ndc)
    o.ndc = o.ndc.resolve()
    packages = ("torch", "numpy") + (("openvino", "nncf") if "openvino" in o.peers else ())
    folder, python = peer_environment.enter(packages)
    os.environ.setdefault("NDC_RESOURCES", str(peer_environment.resources()))
    work = o.work or folder / "ndc-benchmark"
    work.mkdir(parents=True, exist_ok=True)
    from published import is_edm2, is_openai

    kind = "families" if not o.model and (is_openai(o.arch) or is_edm2(o.arch)) else "edm"
    peer_environment.check_network(python, o.fixtures, o.threads, kind)
    sys.exit(compare(o, work))


if __name__ == "__main__":
    main()
