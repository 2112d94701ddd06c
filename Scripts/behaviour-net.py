#!/usr/bin/env python3
"""Everything `ndc` prints and writes, held byte for byte against what an earlier one left.

  behaviour-net.py record [NDC]          write Tests/BehaviourNet (on purpose, after a change that is meant)
  behaviour-net.py check [NDC]           run, and print a diff where something differs (exit status 1)
  behaviour-net.py compare OLD NEW       run two programs and print where they differ

NDC is .build/release/ndc by default. A recording holds for one instruction set and one oneDNN, since votes depend on
both: Tests/BehaviourNet/<key>. What depends on neither is in Tests/BehaviourNet/any. Without a recording of this
machine, check says so and looks at `any` alone. Clocks, rates, paths, the host and the version are taken out.
"""
import argparse
import concurrent.futures
import difflib
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
RECORDINGS = REPOSITORY / "Tests/BehaviourNet"
NETWORKS = REPOSITORY / "Tests/UNetsTests/Fixtures"
PICTURES = REPOSITORY / "Tests/DatasetsTests/Fixtures"

# Outputs larger than this, in bytes, are recorded by their digest; compare shows them whole.
LARGEST_IN_FULL = 5000

Step = str | Callable[[pathlib.Path], None]


# What the commands read: made here, or copied from other tests, into the folder they run in.

def write_array(path: pathlib.Path, shape: Iterable[int], values: Iterable[float], kind: str = "f4") -> None:
    shape = tuple(shape)
    header = f"{{'descr': '<{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    code = {"f4": "f", "f8": "d", "i8": "q"}[kind]
    values = list(values)
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
        + struct.pack(f"<{len(values)}{code}", *values))


def sequence(count: int, period: int = 64, factor: int = 37) -> list[float]:
    return [((place * factor) % period) / (period - 1) for place in range(count)]


def write_inputs(folder: pathlib.Path) -> None:
    """Eight 8x8 pictures for the tiny network, digits for the bundled one, and arrays for losses and denoise."""
    pixels = [
        0.9 if place // 8 == image else ((place * 7 + image * 13) % 32) / 64
        for image in range(8) for place in range(64)]
    write_array(folder / "x.npy", (8, 1, 8, 8), pixels)
    write_array(folder / "y.npy", (8,), range(8), "i8")
    write_array(folder / "many-x.npy", (24, 1, 8, 8), [*pixels, *(0.9 * value for value in pixels), *pixels[::-1]])
    write_array(folder / "many-y.npy", (24,), [*range(8), *range(8), *range(7, -1, -1)], "i8")
    write_array(folder / "noise.npy", (4, 1, 8, 8), [4 * value - 2 for value in sequence(256)])
    write_array(folder / "grid.npy", (4,), [0.6, 0.9, 1.4, 2.0], "f8")
    write_array(folder / "short.npy", (3,), [0.6, 0.9, 1.4], "f8")
    write_array(folder / "large-x.npy", (3, 1, 32, 32), [6 * value - 3 for value in sequence(3072, 997, 61)])
    write_array(folder / "large-noise.npy", (2, 1, 32, 32), [4 * value - 2 for value in sequence(2048, 499, 83)])
    write_array(folder / "large-grid.npy", (2,), [0.8, 2.5], "f8")
    write_array(folder / "learned-grid.npy", (2,), [1, 2], "f8")
    write_array(folder / "sigmas.npy", (3,), [0.1, 1, 8], "f8")
    write_array(folder / "classes.npy", (3,), [0, 4, 9], "i8")

    mnist = REPOSITORY / "Resources/data/mnist"
    images = gzip.decompress((mnist / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((mnist / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    chosen = range(100, 124)
    digits = [value / 255 for index in chosen for value in images[784 * index:784 * (index + 1)]]
    write_array(folder / "digits.npy", (24, 1, 28, 28), digits)
    write_array(folder / "digit-labels.npy", (24,), [labels[index] for index in chosen], "i8")
    for place in range(2):
        write_array(folder / f"digit{place}.npy", (28, 28), digits[784 * place:784 * (place + 1)])
    (folder / "indices.txt").write_text("3\n1\n6\n")
    (folder / "other-tool.tsv").write_text(
        "idx\tlabel\tpredict\tradius\tcorrect\ttime\n"
        + "".join(f"{i}\t{i}\t{i if i != 2 else -1}\t{0.0 if i == 2 else 0.1 * i:.3f}\t{int(i != 2)}\t0:00:01\n"
                  for i in range(6)))

    for name, network in [
        ("tiny", "tiny-ddpmpp-edm"), ("tiny-ve", "tiny-ncsnpp-ve"), ("tiny-adm", "tiny-adm-iddpm")
    ]:
        shutil.copyfile(NETWORKS / network / "model.pkl", folder / f"{name}.pkl")
        for array in ("x", "sigma", "labels"):
            shutil.copyfile(NETWORKS / network / f"{array}.npy", folder / f"{name}-{array}.npy")
    (folder / "cut.pkl").write_bytes((folder / "tiny.pkl").read_bytes()[:40000])
    for name in ("color.jpg", "grey8.png"):
        shutil.copyfile(PICTURES / name, folder / name)


# Between two commands.

def cut_short(run: str, lines: int) -> Step:
    """Leaves a run as an interruption does: some records, the beginning of one more, and no summary."""
    def step(folder: pathlib.Path) -> None:
        directory = folder / run
        records = (directory / "records.jsonl").read_text().splitlines(keepends=True)
        (directory / "records.jsonl").write_text("".join(records[:lines]) + records[lines][:40])
        rows = (directory / "certified.tsv").read_text().splitlines(keepends=True)
        (directory / "certified.tsv").write_text("".join(rows[:lines + 1]))
        (directory / "summary.json").unlink()
    return step


def alter(file: str, old: str, new: str) -> Step:
    def step(folder: pathlib.Path) -> None:
        text = (folder / file).read_text()
        if not re.search(old, text):
            raise SystemExit(f"behaviour net: {file} has no {old}")
        (folder / file).write_text(re.sub(old, new, text, count=1))
    return step


def remove(file: str) -> Step:
    return lambda folder: (folder / file).unlink()


# The commands. Those of one case run after each other in one folder; what they leave there is part of the result.

TINY = "--model tiny.pkl --data npy:x.npy,y.npy --sigma 0.5"
EXACT = "--model analytic:npy:x.npy,y.npy --data npy:x.npy,y.npy"
FEW = "--samples 20 --selection-samples 4 --alpha 0.05 --seed 11"

SUBCOMMANDS = [
    "certify", "predict", "classify", "losses", "denoise", "radius", "inspect", "convert", "calibrate", "quantize",
    "benchmark", "report", "compare", "verify",
]

ANYWHERE: dict[str, list[Step]] = {
    "help": ["--help", "help", *(f"{name} --help" for name in SUBCOMMANDS)],
    "radius": [
        f"radius --successes {successes} --samples {samples} --sigma {sigma} --stop {stop}{json_flag}"
        for successes, samples, sigma in [(9990, 10000, 0.5), (48, 48, 0.25), (60, 100, 0.25), (0, 10, 1), (997, 1000, 1)]
        for stop in ("fixed", "anytime") for json_flag in ("", " --json")
    ] + ["radius --successes 99 --samples 100 --sigma 1 --alpha 0.05 --json"],
    "usage": [
        "", "nonsense", "radius --successes 5 --samples 4 --sigma 0.5", "radius --successes 5 --samples 6 --sigma 0",
        "radius --samples 4", "radius --successes 1 --samples 4 --sigma 0.5 --alpha 2",
        f"certify {TINY} --samples 0", f"certify {TINY} --alpha 0", f"certify {TINY} --count 0",
        f"certify {TINY} --timesteps 1", f"certify {TINY} --sigma=-1", f"certify {TINY} --method best",
        f"certify {TINY} --threads 0",
        f"certify {TINY} --levels 0.9 2 {FEW}", f"certify {TINY} --weighting learned --timesteps 4 {FEW}",
        f"certify {TINY} --sift-levels 9 --timesteps 4 {FEW}", f"certify {TINY} --sift-threshold 0.1 --timesteps 4 {FEW}",
        f"certify {TINY} --indices indices.txt --first 2",
        f"certify {TINY} --precision int8", f"certify {TINY} --preset slow", f"certify {TINY} --first 8",
        f"classify {TINY} --clean --noisy", "predict", "predict digit0.npy --alpha 1 --seed 1",
        "convert tiny.pkl out.pkl", "quantize tiny.pkl out.safetensors",
        "quantize tiny.pkl out.safetensors --calibration npy:x.npy,y.npy --images 0",
        "calibrate --model tiny.pkl --data npy:x.npy,y.npy --images 1", "benchmark --rounds 0", "report", "compare a",
        "verify absent --redraw -1",
    ],
    "bad-input": [
        "inspect absent.pkl", "inspect cut.pkl", "inspect x.npy", "convert cut.pkl out.safetensors",
        "certify --model absent.pkl", "certify --data absent", "certify --model tiny.pkl --data mnist --count 1",
        "certify --model analytic:npy:x.npy,digits.npy", "predict absent.png --seed 1", "predict x.npy --seed 1",
        "predict color.jpg --seed 1", "verify absent", "report absent --json", "report grey8.png --json", "compare absent absent",
        "compare other-tool.tsv indices.txt", "report other-tool.tsv --confidence 2 --json",
        "losses --model tiny.pkl --x x.npy --noise noise.npy --grid short.npy --out losses.npy",
        "losses --model tiny.pkl --x large-x.npy --noise noise.npy --grid grid.npy --out losses.npy",
        "denoise --model tiny.pkl --x x.npy --sigma grid.npy --out denoised.npy",
        "denoise --x large-x.npy --sigma sigmas.npy --labels y.npy --out denoised.npy",
    ],
}

HERE: dict[str, list[Step]] = {
    "certify-default": ["certify --count 2 --out run", "verify run --redraw 1 --seed 3", "verify run --redraw 1 --seed 3 --json"],
    "certify-fast-target": [
        "certify --preset fast --sigma 1 --samples 60 --target-radius 0.25 0.5 --first 7 --count 2 --out run --json",
    ],
    "certify-fast-bf16": [
        "certify --preset fast --precision bf16 --sigma 0.5 --samples 30 --selection-samples 4 --first 18 --count 1 --out run",
    ],
    "certify-fp32-fixed": [
        "certify --precision fp32 --stop fixed --samples 16 --selection-samples 3 --timesteps 5 --sigma 1 --first 6"
        " --stride 2 --count 2 --alpha 0.05 --seed 5 --out run",
        "verify run --redraw all", "verify run --redraw all --json",
        "report run --out page.html --gallery 1 --wrong-first",
        alter("run/records.jsonl", r'"radius":[^,]*', '"radius":0.31'), "verify run --redraw 0", "verify run --redraw 0 --json",
    ],
    "certify-paper": [
        "certify --preset paper --timesteps 6 --samples 8 --selection-samples 4 --sigma 1 --first 9 --count 1 --out run",
    ],
    "certify-epndc": [
        "certify --method epndc --precision bf16 --timesteps 9 --skip-steps 4 --samples 6 --selection-samples 2 --sigma 1"
        " --first 9 --count 1 --out run",
    ],
    "certify-sift": [
        "certify --precision fp32 --timesteps 6 --sift-levels 2 --sift-threshold 0.5 --refine-threshold 0.3"
        " --samples 10 --selection-samples 4 --sigma 1 --first 9 --count 1 --out run",
        f"certify {TINY} --timesteps 8 --sift-levels 3 --sift-threshold 0.02 --refine-threshold 0.01 {FEW} --out tiny",
        "verify tiny --redraw all",
    ],
    "certify-unconditional": [
        f"certify {TINY} --unconditional-model tiny.pkl --method apndc --levels 1 2 4 --weighting elbo {FEW} --count 2 --out run",
        "verify run --redraw all --json",
    ],
    "certify-methods": [
        f"certify {TINY} --timesteps 5 {FEW} --count 5 --method apndc --weighting edm-reference --batch 3 --out apndc",
        f"certify {TINY} --timesteps 5 {FEW} --count 5 --method apndc-posterior --weighting elbo --stop anytime --out posterior",
        f"certify {TINY} --timesteps 7 {FEW} --count 5 --method epndc --skip-steps 1 --weighting uniform --out epndc",
        f"certify {TINY} --timesteps 5 {FEW} --count 5 --method dc --weighting uniform --independent-noise --out dc",
        f"certify {TINY} --timesteps 5 {FEW} --method denoise-classify --indices indices.txt --precision bf16 --out denoise",
        "verify epndc --redraw all", "verify dc --redraw all", "verify posterior --redraw all --json",
    ],
    "certify-anytime": [
        f"certify {TINY} --timesteps 4 --stop anytime --radius-tolerance 0.05 --samples 90 --alpha 0.1 --count 4 --out tolerance",
        f"certify {TINY} --timesteps 4 --stop anytime --target-radius 0.05 0.2 --samples 90 --alpha 0.1 --count 4 --out targets",
        "compare tolerance targets --radius 0.1 0.2", "verify tolerance --redraw all",
    ],
    "analytic": [
        f"certify {EXACT} --timesteps 5 --sigma 0.5 {FEW} --out fixed",
        f"certify {EXACT} --timesteps 5 --sigma 1 --seed 12 --stop anytime --samples 200 --count 5 --target-radius 0.2 1 --out targets",
        f"certify {EXACT} --method epndc --timesteps 8 --sigma 1 --stop anytime --radius-tolerance 0.2 --samples 200 --count 5 --out epndc",
        "certify --model analytic:mnist --sigma 1 --timesteps 4 --samples 12 --selection-samples 4 --count 1 --out digits",
        f"classify {EXACT} --sigma 1 --json",
        "verify fixed --redraw all --json",
    ],
    "resume": [
        f"certify {TINY} --timesteps 4 {FEW} --count 6 --out fixed", cut_short("fixed", 2), "verify fixed --redraw 0",
        "report fixed --json", f"certify {TINY} --timesteps 4 {FEW} --count 6 --out fixed",
        f"certify {TINY} --timesteps 4 {FEW} --count 6 --out fixed --resume",
        f"certify {TINY} --timesteps 5 {FEW} --count 6 --out fixed --resume",
        f"certify {TINY} --timesteps 4 {FEW} --count 7 --out fixed --resume",
        f"certify {EXACT} --sigma 1 --timesteps 4 --stop anytime --samples 99 --count 5 --out anytime --resume",
        cut_short("anytime", 3), f"certify {EXACT} --sigma 1 --timesteps 4 --stop anytime --samples 99 --count 5 --out anytime --resume",
        alter("anytime/run.json", r'"instructionSet" : "[^"]*"', '"instructionSet" : "Another"'),
        "verify anytime --redraw all",
        f"certify {EXACT} --sigma 1 --timesteps 4 --stop anytime --samples 99 --count 5 --out anytime --resume",
    ],
    "verify-failures": [
        f"certify {EXACT} --sigma 1 --timesteps 4 {FEW} --out run",
        alter("run/certified.tsv", r"\t(\d)\t1\t", r"\t\1\t0\t"), alter("run/summary.json", r'"correct" : \d', '"correct" : 1'),
        "verify run --seed 1", "verify run --seed 2 --json", remove("run/summary.json"), "verify run --redraw 0",
        alter("run/run.json", r'"seed" : 11', '"seed" : 13'), "verify run --redraw all --json",
        alter("run/run.json", r'"digest" : "..', '"digest" : "zz'), "verify run --seed 1",
    ],
    "predict": [
        "predict digit0.npy digit1.npy --seed 4 --samples 20 --selection-samples 4 --sigma 0.5 --json --explain page.html",
        "predict digit0.npy --seed 4 --precision fp32 --timesteps 4 --samples 10 --selection-samples 3 --stop fixed",
        "predict color.jpg --model tiny-ve.pkl --resize --seed 4 --timesteps 4 --samples 10 --selection-samples 3",
    ],
    "classify": [
        "classify --count 3 --sigma 1 --json", "classify --method dc --timesteps 6 --count 2 --precision fp32 --json",
        f"classify {TINY} --count 8 --method apndc-posterior --noisy --timesteps 5 --json",
        f"classify {TINY} --clean --method denoise-classify --timesteps 5",
        f"classify {TINY} --timesteps 5 --compare-weightings", f"classify {TINY} --timesteps 5 --compare-weightings --json",
    ],
    "losses": [
        *(f"losses --model tiny.pkl --x x.npy --noise noise.npy --grid grid.npy --method {method} --weighting {weighting}"
          f" --out {method}.npy --json"
          for method, weighting in [("apndc", "edm"), ("apndc-posterior", "edm-reference"), ("epndc", "elbo"), ("dc", "uniform")]),
        *(f"losses --x large-x.npy --noise large-noise.npy --grid large-grid.npy --precision {precision}"
          f" --out {precision}.npy --json" for precision in ("fp32", "bf16", "int8")),
    ],
    "denoise": [
        *(f"denoise --model {name}.pkl --x {name}-x.npy --sigma {name}-sigma.npy --labels {name}-labels.npy"
          f" --precision {precision} --out {name}-{precision}.npy"
          for name in ("tiny", "tiny-ve", "tiny-adm") for precision in ("fp32", "bf16")),
        *(f"denoise --x large-x.npy --sigma sigmas.npy --labels classes.npy --precision {precision} --out large-{precision}.npy --json"
          for precision in ("fp32", "bf16", "int8")),
        "denoise --x large-x.npy --sigma sigmas.npy --out large-unconditional.npy",
        "denoise --model analytic:npy:x.npy,y.npy --x tiny-x.npy --sigma tiny-sigma.npy --out exact.npy",
    ],
    "inspect": [
        "inspect", "inspect --json", "inspect --kernels", "inspect tiny.pkl", "inspect tiny-ve.pkl --json", "inspect tiny-adm.pkl --json",
    ],
    "models": [
        *(f"convert {name}.pkl {name}.safetensors --json" for name in ("tiny", "tiny-ve", "tiny-adm")),
        "convert tiny.pkl again.safetensors", "inspect tiny.safetensors",
        "quantize tiny.pkl int8.safetensors --calibration npy:x.npy,y.npy --images 6 --levels 0.5 2 8 --seed 5",
        "quantize tiny.pkl full.safetensors --calibration npy:x.npy,y.npy --images 2 --levels 1 --rule full --json",
        "inspect int8.safetensors --json", "convert int8.safetensors copy.safetensors",
        f"certify --model int8.safetensors --data npy:x.npy,y.npy --sigma 0.5 --timesteps 4 {FEW} --precision int8 --out run",
        "verify run --redraw all",
    ],
    "calibrate": [
        "calibrate --model tiny.pkl --data npy:many-x.npy,many-y.npy --sigma 0.5 --images 24 --levels 1 2 --quiet-levels 3",
        "calibrate --model analytic:npy:x.npy,y.npy --data npy:many-x.npy,many-y.npy --sigma 0.5 1 --images 24 --levels 1 2 4"
        " --quiet-levels 2.5 3 --most-levels 3 --out apndc.calibration.json",
        f"certify {EXACT} --sigma 1 --calibration apndc.calibration.json --preset fast --samples 60 --alpha 0.1 --count 3 --out run",
        "verify run --redraw all",
        "calibrate --model analytic:npy:x.npy,y.npy --data npy:many-x.npy,many-y.npy --sigma 1 --images 24 --levels 2 3 4 --quiet-levels 2.5"
        " --method dc --out exact.calibration.json --json",
        "calibrate --data npy:digits.npy,digit-labels.npy --sigma 0.5 --images 24 --levels 1 2 --quiet-levels 1.75 --precision int8"
        " --out digits.calibration.json",
        "losses --x large-x.npy --noise large-noise.npy --grid learned-grid.npy --weighting learned --calibration"
        " digits.calibration.json --sigma 0.5 --out losses.npy --json",
    ],
    "report": [
        f"certify {EXACT} --timesteps 5 --sigma 0.5 --count 6 {FEW} --out a",
        f"certify {EXACT} --timesteps 5 --sigma 1 --count 6 --alpha 0.05 --stop anytime --samples 150 --out b",
        f"certify {TINY} --timesteps 3 --count 6 {FEW} --out c", "report a --json --gallery 0",
        "report a b --out page.html --svg curve.svg --csv curve.csv --markdown table.md --latex table.tex --radii 0.1 0.25 0.5 --json",
        "report a b other-tool.tsv --name one one two --out named.html --gallery 0 --confidence 0.9 --published published.json",
        "report c --markdown c.md", "compare a b", "compare a b --anyway --json", "compare a c --radius 0.1 0.25",
        "compare a c --json", "compare a other-tool.tsv --anyway",
    ],
}


# Taking out what may differ between two runs.

REPLACEMENTS = [(re.compile(pattern, re.MULTILINE), replacement) for pattern, replacement in [
    (r'("(?:seconds|loadSeconds|secondsPerImage|secondsRatio|evaluationsPerSecond)" ?: ?)[0-9.eE+-]+', r"\1SECONDS"),
    (r"^ *\d+ %  .* evaluations/s.*\n", ""),
    (r"\b\d+\.\d+ s\b", "SECONDS"),
    (r" --threads \d+", ""),
    (r"(<dt>(?:Begun|Threads|Processor|System)</dt><dd>)[^<]*", r"\1HERE"),
    (r"\bndc \d+\.\d+\.\d+[^\s<\"]*", "ndc VERSION"),
    # The last columns of the report's table of costs: seconds and a rate with one decimal.
    (r'<td class="n">[0-9.]+</td><td class="n">\d+\.\d</td></tr>', "SECONDS, RATE"),
    (r'("created" ?: ?")[^"]*', r"\1CREATED"),
    (r'("(?:cores|threads)" ?: ?)\d+', r"\1COUNT"),
    (r'("(?:name|processor|system)" : )"(?!ndc")[^"]*"', r"\1HOST"),
    (r',\s*"--threads",\s*"\d+"', ""),
    (r"\b\d+ threads?\b", "THREADS"),
    (r'("program" : \{\s*"name" : "ndc",\s*"version" : ")[^"]*', r"\1VERSION"),
    (r"^((?:time|time, B / A|evaluations/s) +).*$", r"\1TIME"),
    (r"\d+:\d\d:\d\d\.\d+", "TIME"),
    (r"[^\s\"'=:,]*/Resources/", "RESOURCES/"),
]]


def normalised(text: str, folder: pathlib.Path) -> str:
    text = text.replace(f"{folder}/", "")
    for pattern, replacement in REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


def described(name: str, data: bytes, folder: pathlib.Path, largest: float) -> str:
    """An output in full where it is short text, otherwise by its digest."""
    try:
        text = normalised(data.decode(), folder)
        data = text.encode()
        if not data:
            return ""
        if len(data) <= largest:
            return f"-- {name}\n{text}" + ("" if text.endswith("\n") else "\n")
    except UnicodeDecodeError:
        pass
    return f"-- {name}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}\n"


# Running.

# The commands that take --threads.
PARALLEL = {"certify", "predict", "classify", "losses", "denoise", "quantize", "calibrate", "verify", "report"}


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    """The files below a folder, but for the lock that names a process."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".ndc-lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class Net:
    def __init__(self, program: pathlib.Path, threads: int, largest: float):
        self.program = program.resolve()
        self.threads = threads
        self.largest = largest
        self.environment = {"NDC_RESOURCES": str(REPOSITORY / "Resources"), **os.environ, "COLUMNS": "80", "NDC_MEASURE": "never"}
        if not os.access(self.program, os.X_OK):
            raise SystemExit(f"behaviour net: {program} is no program")

    def ndc(self, arguments: str, folder: pathlib.Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self.program, *arguments.split()], cwd=folder, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=300)

    def key(self) -> str:
        """The instruction set, kernels and oneDNN: what votes depend on besides the program."""
        inspection = self.ndc(f"inspect {NETWORKS}/tiny-ddpmpp-edm/model.pkl --json", REPOSITORY)
        if inspection.returncode:
            raise SystemExit(f"behaviour net: {self.program} does not run: {inspection.stderr.decode()}")
        engine = json.loads(inspection.stdout)["engine"]
        return re.sub(r"[^A-Za-z0-9.]+", "-", engine).strip("-")

    def run(self, steps: list[Step], inputs: pathlib.Path) -> str:
        """What the commands of a case print and leave."""
        with tempfile.TemporaryDirectory(prefix="ndc-net-") as name:
            folder = pathlib.Path(name).resolve()
            shutil.copytree(inputs, folder, dirs_exist_ok=True)
            known = contents(folder)
            text = ""
            for step in steps:
                if callable(step):
                    step(folder)
                    known = contents(folder)
                    continue
                takes_threads = step.split(" ")[0] in PARALLEL and not {"--help", "--threads"} & set(step.split())
                ending = self.ndc(step + (f" --threads {self.threads}" if takes_threads else ""), folder)
                text += f"$ ndc {step}\nexit status {ending.returncode}\n"
                text += described("stdout", ending.stdout, folder, self.largest)
                text += described("stderr", ending.stderr, folder, self.largest)
                left = contents(folder)
                for name in sorted(left):
                    if left[name] != known.get(name):
                        text += described(name, left[name], folder, self.largest)
                text += "".join(f"-- {name}: removed\n" for name in sorted(known.keys() - left.keys()))
                known = left
                text += "\n"
            return text

    def results(self, cases: dict[str, list[Step]]) -> dict[str, str]:
        with tempfile.TemporaryDirectory(prefix="ndc-net-inputs-") as name:
            inputs = pathlib.Path(name)
            write_inputs(inputs)
            shutil.copyfile(REPOSITORY / "Docs/published-results.json", inputs / "published.json")
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                return dict(zip(cases, pool.map(lambda steps: self.run(steps, inputs), cases.values())))


def differences(old: dict[str, str], new: dict[str, str]) -> int:
    """Prints a diff for each case that differs; how many do."""
    differing = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    for name in differing:
        lines = difflib.unified_diff(
            old.get(name, "").splitlines(), new.get(name, "").splitlines(), f"{name} (before)", f"{name} (now)",
            lineterm="", n=4)
        print("\n".join(line if len(line) < 2000 else line[:2000] + " ..." for line in lines))
    return len(differing)


def recorded(folder: pathlib.Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in folder.glob("*.txt")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["record", "check", "compare"])
    parser.add_argument("programs", nargs="*", type=pathlib.Path, metavar="NDC")
    parser.add_argument("--threads", type=int, default=2, help="what ndc is told; results do not depend on it")
    options = parser.parse_intermixed_args()
    programs = options.programs or [REPOSITORY / ".build/release/ndc"]
    if len(programs) != (2 if options.mode == "compare" else 1):
        parser.error("compare takes two programs, check and record one")
    largest = float("inf") if options.mode == "compare" else LARGEST_IN_FULL
    nets = [Net(program, options.threads, largest) for program in programs]

    if options.mode == "compare":
        old, new = (net.results(ANYWHERE | HERE) for net in nets)
        count = differences(old, new)
        print(f"behaviour net: {count} of {len(old)} cases differ")
        return 1 if count else 0

    net = nets[0]
    key = net.key()
    if options.mode == "record":
        results = net.results(ANYWHERE | HERE)
        for folder, cases in [("any", ANYWHERE), (key, HERE)]:
            shutil.rmtree(RECORDINGS / folder, ignore_errors=True)
            (RECORDINGS / folder).mkdir(parents=True)
            for name in cases:
                (RECORDINGS / folder / f"{name}.txt").write_text(results[name])
        print(f"behaviour net: recorded {len(results)} cases under any and {key}")
        return 0

    expected, cases = recorded(RECORDINGS / "any"), ANYWHERE
    if (RECORDINGS / key).is_dir():
        expected, cases = expected | recorded(RECORDINGS / key), ANYWHERE | HERE
    else:
        print(f"behaviour net: {len(HERE)} cases skipped: no recording for {key}")
    count = differences(expected, net.results(cases))
    print(f"behaviour net: {len(cases) - count} of {len(cases)} cases as recorded")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
