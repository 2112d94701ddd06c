#!/usr/bin/env python3
"""PyTorch against ndc on a randomly initialised network of the EDM CIFAR-10 size, in one run.

    Benchmarks/peer/compare.py [--ndc PATH] [--fixtures DIR] [--expect-fp32 R] [--expect-bf16 R] …

Makes a virtual environment outside the repository (NDC_VENV, by default ~/.cache/ndc-peer-venv) with torch and numpy
from PyPI, checks the PyTorch network against recorded outputs, writes the checkpoint, surveys PyTorch's variants, then
times the best of each precision and ndc in turn, round by round.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
# ndc's parity bars: max |difference| / max |reference|.
PARITY = {"fp32": 2e-5, "bf16": 2e-2}
# How far below an expected rate the peer may fall before the machine counts as busy.
SLACK = 0.15


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ndc", type=pathlib.Path, default=REPOSITORY / ".build/release/ndc")
    parser.add_argument("--peer-only", action="store_true", help="measure PyTorch alone")
    parser.add_argument("--work", type=pathlib.Path, help="folder for checkpoint and arrays (default: beside the environment)")
    parser.add_argument("--fixtures", type=pathlib.Path, help="recorded outputs of the original network (default: NDC_SHARED's)")
    parser.add_argument("--arch", default="edm-cifar10")
    parser.add_argument("--precisions", nargs="+", choices=sorted(PARITY), default=["fp32", "bf16"], help="of ndc")
    parser.add_argument("--images", type=int, default=64, help="evaluations in one run of ndc")
    parser.add_argument("--batch", type=int, default=8, help="PyTorch's batch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--survey-rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="one timing of PyTorch")
    parser.add_argument("--expect-fp32", type=float, help="PyTorch's fp32 rate on this machine when idle")
    parser.add_argument("--expect-bf16", type=float, help="PyTorch's bf16 rate on this machine when idle")
    parser.add_argument(
        "--peer-precisions", nargs="+", choices=["fp32", "bf16", "bf16-weights"], help="of PyTorch (default: all the processor has)")
    parser.add_argument("--modes", nargs="+", choices=["eager", "compiled"], default=["eager", "compiled"], help="of PyTorch")
    parser.add_argument("--ndc-option", action="append", default=[], help="one more argument for `ndc denoise`; repeatable")
    parser.add_argument("--json", type=pathlib.Path, help="write all rates here")
    return parser.parse_args()


def fixtures(named):
    """Outputs of the original network where they are at hand; else those this very network recorded earlier."""
    shared = pathlib.Path(os.environ.get("NDC_SHARED", REPOSITORY.parent / "shared"))
    original = named or shared / "fixtures/edm"
    if named or original.is_dir():
        return original
    print(f"{original} is absent: checking against this network's own earlier outputs, which shows changes only")
    return REPOSITORY / "Tests/UNetsTests/Fixtures"


def environment():
    """The environment's interpreter, made on first use."""
    folder = pathlib.Path(os.environ.get("NDC_VENV", "~/.cache/ndc-peer-venv")).expanduser().resolve()
    if REPOSITORY == folder or REPOSITORY in folder.parents:
        sys.exit(f"NDC_VENV={folder} lies in the repository")
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    probe = subprocess.run([python, "-c", "import torch, numpy"], capture_output=True)
    if probe.returncode:
        print("installing torch and numpy (a large download, once)", file=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "torch", "numpy"], check=True)
    return folder, python


def peer_precisions():
    """PyTorch emulates bf16 where the processor lacks it, at a hundredth of the speed: not worth the hour."""
    import bench_torch

    flags = pathlib.Path("/proc/cpuinfo").read_text()
    if "avx512_bf16" in flags or "amx_bf16" in flags:
        return bench_torch.PRECISIONS
    print("this processor has no bf16 instructions: PyTorch is timed in fp32 alone (--peer-precisions overrides)")
    return ("fp32",)


class NDC:
    """Runs `ndc denoise`; its own clock gives the rate, ours the start-up time, the kernel the peak memory."""

    def __init__(self, executable, model, folder, extra):
        self.executable, self.model, self.folder, self.extra = executable, model, folder, extra
        self.peak = {}
        self.overhead = {}

    def output(self, precision):
        return self.folder / f"ndc-{precision}.npy"

    def rate(self, precision):
        array = lambda name: str(self.folder / f"{name}.npy")  # noqa: E731
        command = [self.executable, "denoise", "--model", self.model, "--x", array("x"), "--sigma", array("sigma")]
        command += ["--labels", array("labels"), "--precision", precision, "--out", self.output(precision), "--json"]
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command] + self.extra, stdout=subprocess.PIPE, text=True)
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"ndc denoise failed with status {process.returncode}")
        report = json.loads(text)
        wall = time.perf_counter() - start
        self.peak[precision] = max(self.peak.get(precision, 0), usage.ru_maxrss / 2**20)
        self.overhead.setdefault(precision, []).append(wall - report["seconds"])
        return report["evaluationsPerSecond"]


def write_inputs(folder, architecture, count):
    import numpy
    import torch

    random = torch.Generator().manual_seed(1)
    sigma = torch.logspace(-1, 1, count, base=2.0)
    side = architecture.img_resolution
    x = sigma[:, None, None, None] * torch.randn((count, architecture.img_channels, side, side), generator=random)
    labels = torch.arange(count) % max(architecture.label_dim, 1)
    for name, tensor in dict(x=x, sigma=sigma, labels=labels).items():
        numpy.save(folder / f"{name}.npy", tensor.numpy())
    return x, sigma, labels


def check_outputs(ndc, denoiser, inputs, precisions):
    """ndc's outputs for the benchmark's own inputs against PyTorch's fp32; a fast wrong answer is not a result."""
    import numpy
    import torch

    with torch.no_grad():
        reference = torch.cat([denoiser(*part) for part in zip(*(t.split(8) for t in inputs))])
    good = True
    print()
    for precision in precisions:
        found = torch.from_numpy(numpy.load(ndc.output(precision)))
        difference = float((found - reference).abs().max() / reference.abs().max())
        passed = difference <= PARITY[precision]
        good &= passed
        print(f"ndc {precision}: off by {difference:.1e} of max|reference| (bar {PARITY[precision]:.0e}){'' if passed else '  FAIL'}")
    return good


def compare(o, folder):
    import torch

    import bench_torch
    from edm_network import load_pickle, random_network
    from edm_pickle_writer import write

    torch.set_num_threads(o.threads)
    model = folder / f"{o.arch}.pkl"
    if not model.exists():
        write(random_network(o.arch), model)
    denoiser = load_pickle(model)
    inputs = write_inputs(folder, denoiser.architecture, o.images)
    ndc = None if o.peer_only else NDC(o.ndc, model, folder, o.ndc_option)

    variants, failures = bench_torch.prepare(denoiser, o.batch, precisions=o.peer_precisions or peer_precisions(), modes=o.modes)
    surveyed = bench_torch.survey(variants, o.survey_rounds, o.seconds / 2)
    for name, rates in surveyed.items():
        print(f"  PyTorch {name:36} {statistics.median(rates):8.2f} evaluations/s")
    for name, reason in failures.items():
        print(f"  PyTorch {name:36} did not run: {reason}")
    peers = {p: bench_torch.best(variants, surveyed, p) for p in PARITY}

    rates = {}
    for i in range(o.rounds):
        turns = []
        for precision in PARITY:
            if peers[precision] is not None:
                turns.append((("PyTorch", precision), lambda v=peers[precision]: v.rate(o.seconds)))
            if ndc and precision in o.precisions:
                turns.append((("ndc", precision), lambda p=precision: ndc.rate(p)))
        # The order is reversed every other round: neither side always runs on the warmer machine.
        for key, measure in turns if i % 2 == 0 else reversed(turns):
            rates.setdefault(key, []).append(measure())
        print(f"paired round {i + 1} of {o.rounds}", file=sys.stderr)
    return report(o, denoiser, ndc, inputs, peers, rates, dict(survey=surveyed, failures=failures))


def report(o, denoiser, ndc, inputs, peers, rates, details):
    import torch

    medians = {key: statistics.median(found) for key, found in rates.items()}
    print(f"\n{o.arch}, PyTorch {torch.__version__} in batches of {o.batch}, {o.threads} threads, {o.rounds} paired rounds")
    print(f"{'':32} {'evaluations/s':>13}   {'lowest … highest':>18}")
    for (side, precision), found in sorted(rates.items()):
        label = f"{side} {peers[precision].name if side == 'PyTorch' else precision}"
        print(f"{label:40} {medians[side, precision]:8.2f}   {min(found):8.2f} … {max(found):.2f}")

    peer_best = max((medians[k] for k in medians if k[0] == "PyTorch"), default=None)
    sound = True
    for precision in o.precisions:
        if ("ndc", precision) in medians and peer_best:
            own = medians.get(("PyTorch", precision))
            versus = f"{medians['ndc', precision] / own:.3f} × PyTorch's {precision}, " if own else ""
            print(f"ndc {precision}: {versus}{medians['ndc', precision] / peer_best:.3f} × PyTorch's best (ratios of medians)")
    for precision, expected in dict(fp32=o.expect_fp32, bf16=o.expect_bf16).items():
        found = medians.get(("PyTorch", precision))
        if expected and found:
            reached = found >= (1 - SLACK) * expected
            sound &= reached
            verdict = "reached" if reached else "NOT reached: the machine was busy or is another one; the ratio is void"
            print(f"PyTorch {precision}: {found:.2f} of an expected {expected:.2f}, {verdict}")
    if ndc:
        for precision in o.precisions:
            start_up = statistics.median(ndc.overhead[precision])
            print(f"ndc {precision}: peak memory {ndc.peak[precision]:.2f} GiB, everything but the evaluations {start_up:.2f} s")
        sound &= check_outputs(ndc, denoiser, inputs, o.precisions)
    if o.json:
        named = {f"{side} {precision}": found for (side, precision), found in rates.items()}
        bests = {p: v and v.name for p, v in peers.items()}
        o.json.write_text(json.dumps(dict(rates=named, peers=bests, sound=sound, **details), indent=2))
    return 0 if sound else 1


def main():
    o = options()
    if not o.peer_only and not o.ndc.exists():
        sys.exit(f"{o.ndc} is missing: swift build -c release, or name it with --ndc, or pass --peer-only")
    folder, python = environment()
    if pathlib.Path(sys.prefix).resolve() != folder:
        os.execv(python, [str(python), str(pathlib.Path(__file__).resolve()), *sys.argv[1:]])
    sys.path.insert(0, str(HERE))
    work = o.work or folder / "ndc-benchmark"
    work.mkdir(parents=True, exist_ok=True)
    recorded = fixtures(o.fixtures)
    print(f"checking the PyTorch network on {recorded}", flush=True)
    if subprocess.run([python, HERE / "check_parity.py", recorded]).returncode:
        sys.exit("the PyTorch network does not agree with the recorded outputs: nothing was timed")
    sys.exit(compare(o, work))


if __name__ == "__main__":
    main()
