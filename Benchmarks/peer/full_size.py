#!/usr/bin/env python3
"""Published networks at full size: what loading, quantising and certifying take.

    full_size.py [NAME …] [--ndc PATH] [--work DIR] [--threads 2] [--markdown F] [--json F]

NAME: guided-diffusion-64, improved-diffusion-imagenet64-cond, consistency-edm-imagenet64,
improved-diffusion-cifar10-uncond, edm2-img64-xs, -s, -m, -l, -xl, edm-imagenet64 (default: all; those that the
machine's memory does not hold, three times the weights, are named and left out). Each is written
with random weights in its original layout (NAME.pkl; or NAME.pt, and NAME.json with what the file does not say). Then,
in a fresh process each:

1. `ndc denoise` in every precision: seconds to load, peak memory. Bar: the file, 1.1 times the packed weights, the
   workers' own memory, which `ndc inspect` states, and 64 MiB for the program. Packed weights are the anonymous memory
   that stays while evaluations run, less the workers'. The first output is held against PyTorch's: within 2e-5, 5e-2
   and 1e-1 of its largest value in fp32, bf16 and int8;
2. `ndc quantize` on one image at one level. Bar: three times the fp32 weights, the workers' memory and the program's;
3. `ndc certify` of one image between two classes (--among), 12 votes, and `ndc verify --redraw all` (not of
   unconditional networks).

compare.py --arch NAME times the same networks against PyTorch.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

import paths  # noqa: F401
import peer_environment

NAMES = (
    "guided-diffusion-64",
    "improved-diffusion-imagenet64-cond",
    "consistency-edm-imagenet64",
    "improved-diffusion-cifar10-uncond",
    "edm2-img64-xs",
    "edm2-img64-s",
    "edm2-img64-m",
    "edm2-img64-l",
    "edm2-img64-xl",
    "edm-imagenet64",
)
OFF = {"fp32": 2e-5, "bf16": 5e-2, "int8": 1e-1}
MIB = 2**20
# What a process takes before it has a model: pages of the program and its libraries, and their heaps.
BASE = 64 * MIB


class Watched:
    """A program's output, wall clock in seconds, and its memory in bytes: the peak, and anonymous memory over time."""

    def __init__(self, command):
        self.peak, self.anonymous = 0, []
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
        watch = threading.Thread(target=self.watch, args=(process.pid, start), daemon=True)
        watch.start()
        self.text, _ = process.communicate()
        self.wall = time.perf_counter() - start
        watch.join()
        if process.returncode:
            sys.exit(f"{' '.join(str(part) for part in command)} failed with status {process.returncode}")

    def watch(self, pid, start):
        with contextlib.suppress(OSError, KeyError):
            while True:
                lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                fields = {line.split(":")[0]: line.split()[1] for line in lines if "kB" in line}
                self.peak = max(self.peak, int(fields["VmHWM"]) * 1024)
                self.anonymous.append((time.perf_counter() - start, int(fields["RssAnon"]) * 1024))
                time.sleep(0.02)

    def settled(self, seconds):
        """Median anonymous memory in the last `seconds`."""
        return statistics.median(size for at, size in self.anonymous if at >= self.wall - seconds)

    @property
    def json(self):
        return json.loads(self.text)


class Trial:
    def __init__(self, o, name, folder):
        import numpy
        import torch

        import published
        from networks.edm_network import parameter_count
        from peer_inputs import random_images, timing_inputs

        self.o, self.name, self.folder = o, name, folder
        self.model, denoiser = published.written(name, folder)
        self.architecture = denoiser.architecture
        self.weights = 4 * parameter_count(denoiser)
        inputs = timing_inputs(self.architecture, o.evaluations)
        for part, tensor in zip(("x", "sigma", "labels"), inputs, strict=True):
            numpy.save(folder / f"{part}.npy", tensor.numpy())
        with torch.inference_mode():
            first = [part[:1] for part in inputs[: 3 if self.architecture.label_dim else 2]]
            self.reference = denoiser(*first)[0].numpy()
        images = random_images(self.architecture, 2).numpy()
        numpy.savez(folder / "images.npz", images=images, labels=numpy.array([3, 7]))
        self.inspected = self.run("inspect", self.model, "--json").json

    def run(self, *words):
        return Watched([self.o.ndc, *words])

    def line(self, what, peak, bar, more=""):
        within = peak <= bar
        print(
            f"  {what:10} peak {peak / MIB:8.0f} MiB, bar {bar / MIB:8.0f} MiB{'' if within else '  ABOVE'}{more}",
            flush=True,
        )
        return within

    def denoise(self, model, precision):
        import numpy

        array = lambda name: self.folder / f"{name}.npy"  # noqa: E731
        labels = ["--labels", array("labels")] if self.architecture.label_dim else []
        run = self.run(
            "denoise", "--model", model, "--x", array("x"), "--sigma", array("sigma"), *labels,
            "--precision", precision, "--threads", self.o.threads, "--out", array("out"), "--json",
        )  # fmt: skip
        report = run.json
        workers = self.o.threads * self.inspected["workerBytes"]
        packed = max(0, run.settled(0.8 * report["seconds"]) - workers)
        bar = model.stat().st_size + 1.1 * packed + workers + BASE
        off = numpy.load(array("out"))[0] - self.reference
        found = dict(
            load=report["loadSeconds"], rate=report["evaluationsPerSecond"], peak=run.peak, packed=packed, bar=bar,
            off=float(abs(off).max() / abs(self.reference).max()),
        )  # fmt: skip
        found["within"] = self.line(
            precision, run.peak, bar,
            f"; packed {packed / MIB:.0f}; loaded in {found['load']:.1f} s, {found['rate']:.2f} evaluations/s, "
            f"off PyTorch's fp32 by {found['off']:.1e}{'' if found['off'] <= OFF[precision] else '  ABOVE'}",
        )  # fmt: skip
        found["within"] &= found["off"] <= OFF[precision]
        return found

    def quantize(self, out):
        run = self.run(
            "quantize", self.model, out, "--calibration", f"npz:{self.folder / 'images.npz'}",
            "--images", 1, "--levels", 1, "--threads", self.o.threads, "--json",
        )  # fmt: skip
        bar = 3 * self.weights + self.o.threads * self.inspected["workerBytes"] + BASE
        found = dict(seconds=run.wall, peak=run.peak, bar=bar)
        found["within"] = self.line("quantize", run.peak, bar, f"; {run.wall:.0f} s")
        return found

    def certify(self, model, precision):
        out = self.folder / f"run-{self.name}-{time.time_ns()}"
        # These were never trained without a label.
        run = self.run(
            "certify", "--model", model, "--data", f"npz:{self.folder / 'images.npz'}", "--method", "epndc",
            "--among", "3,7", "--sigma", "0.5", "--count", 1, "--stop", "fixed", "--selection-samples", 2,
            "--samples", 10, "--levels", 1.5, 2, "--precision", precision, "--threads", self.o.threads, "--out", out,
        )  # fmt: skip
        again = self.run("verify", out, "--redraw", "all")
        print(
            f"  certify    {run.wall:.0f} s, verified in {again.wall:.0f} s, peak {run.peak / MIB:.0f} MiB", flush=True
        )
        return dict(seconds=run.wall, peak=run.peak, verified=again.wall)

    def all(self):
        print(f"{self.name}: {self.weights // 4:,} parameters, {self.model.stat().st_size / MIB:.0f} MiB", flush=True)
        here = [p for p in self.inspected["precisionsHere"] if p != "int8"]
        found = {precision: self.denoise(self.model, precision) for precision in here}
        quantized = self.folder / f"{self.name}-int8.safetensors"
        found["quantize"] = self.quantize(quantized)
        found["int8"] = self.denoise(quantized, "int8")
        if self.architecture.label_dim:
            found["certify"] = self.certify(quantized, "int8")
        if not self.o.keep:
            quantized.unlink()
            self.model.unlink()
        return found


def markdown(results):
    lines = [
        "| | file | precision | loaded in | packed weights | peak | bar |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for name, found in results.items():
        for what in ("fp32", "bf16", "int8", "quantize"):
            if what not in found:
                continue
            row = found[what]
            load = f"{row['load']:.1f} s" if "load" in row else f"{row['seconds']:.0f} s in all"
            packed = f"{row['packed'] / MIB:.0f}" if "packed" in row else ""
            sizes = " | ".join([f"{found['file'] / MIB:.0f}", what, load, packed])
            lines.append(f"| {name} | {sizes} | {row['peak'] / MIB:.0f} | {row['bar'] / MIB:.0f} |")
    return "\n".join([*lines, "", "MiB.", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME")
    parser.add_argument("--ndc", type=pathlib.Path, default=peer_environment.REPOSITORY / ".build/release/ndc")
    parser.add_argument(
        "--work", type=pathlib.Path, help="folder for checkpoints and runs (default: in the environment)"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--evaluations", type=int, default=4, help="in each run of denoise (default %(default)s)")
    parser.add_argument("--keep", action="store_true", help="keep the checkpoints")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    o = parser.parse_args()
    o.ndc = peer_environment.executable(o.ndc).resolve()
    folder, _ = peer_environment.enter()
    os.environ.setdefault("NDC_RESOURCES", str(peer_environment.resources()))
    import published

    work = o.work or folder / "ndc-full-size"
    work.mkdir(parents=True, exist_ok=True)
    results = {}
    foreign = peer_environment.Foreign()
    for name in o.names or NAMES:
        needed, here = 3 * published.bytes_of(name), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if needed > 0.8 * here:
            sizes = f"{needed / 2**30:.0f} GiB, are too many for {here / 2**30:.0f} GiB"
            print(f"{name} is left out: three times its weights, {sizes}")
            continue
        trial = Trial(o, name, work)
        size = trial.model.stat().st_size
        results[name] = dict(trial.all(), file=size)
    busy = foreign.share()
    print(f"other processes used {busy:.0%} of the processors")
    if o.json:
        o.json.write_text(
            json.dumps(dict(results=results, processor=peer_environment.processor(), foreign=busy), indent=2)
        )
    if o.markdown:
        o.markdown.write_text(markdown(results))
    rows = [row for found in results.values() for row in found.values() if isinstance(row, dict)]
    sys.exit(0 if all(row.get("within", True) for row in rows) else 1)


if __name__ == "__main__":
    main()
