#!/usr/bin/env python3
"""What a certificate costs as classes, votes and levels grow: evaluations and seconds per image.

    Benchmarks/scaling.py [--ndc .build/release/ndc] [--images 5] [--markdown F]

The model is `analytic:SRC` over synthetic pictures (8x8, one random pattern a class, with noise), so that any number of
classes can be had; what it counts, evaluations, does not depend on the model's size. One row is one `ndc certify`, with
everything but the first column's quantity as in the table's heading. Needs numpy.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy


def pictures(folder, classes, each=20, seed=1):
    """An .npz of `each` pictures a class: a pattern of pixels 0.35 or 0.65, and a little noise."""
    generator = numpy.random.default_rng(seed + classes)
    patterns = generator.choice([0.35, 0.65], size=(classes, 1, 8, 8))
    labels = numpy.arange(classes * each) % classes
    images = patterns[labels] + generator.normal(0, 0.02, (classes * each, 1, 8, 8))
    path = folder / f"pictures-{classes}.npz"
    numpy.savez(path, images=images.clip(0, 1).astype(numpy.float32), labels=labels.astype(numpy.int64))
    return path


def certify(o, folder, data, *options):
    out = folder / "run"
    subprocess.run(["rm", "-rf", out], check=True)
    command = [
        o.ndc, "certify", "--model", f"analytic:npz:{data}", "--data", f"npz:{data}", "--sigma", "0.25",
        "--count", str(o.images), "--threads", str(o.threads), "--out", out, *map(str, options),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    summary = json.loads((out / "summary.json").read_text())
    records = [json.loads(line) for line in (out / "records.jsonl").read_text().splitlines()]
    votes = sum(r["samples"] + sum(r["selectionVotes"]) for r in records)
    return {
        "evaluations": summary["evaluations"] / o.images,
        "seconds": summary["seconds"] / o.images,
        "votes": votes / o.images,
        "accuracy": summary["accuracy"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ndc", default=pathlib.Path(__file__).resolve().parent.parent / ".build/release/ndc")
    parser.add_argument("--images", type=int, default=5, help="images per row (default: 5)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 5, 10, 20, 50, 100])
    parser.add_argument("--markdown", help="write the tables to this file too")
    o = parser.parse_args()
    lines = []

    def table(title, column, rows):
        lines.extend([f"{title}", "", f"| {column} | votes | evaluations/vote | evaluations/image | seconds/image | right |"])
        lines.append("| ---: | ---: | ---: | ---: | ---: | ---: |")
        for value, r in rows:
            lines.append(
                f"| {value} | {r['votes']:.0f} | {r['evaluations'] / r['votes']:.1f} | {r['evaluations']:,.0f} | "
                f"{r['seconds']:.3f} | {100 * r['accuracy']:.0f} % |"
            )
        lines.append("")

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        fixed = ["--selection-samples", 20, "--samples", 200]
        data = {k: pictures(folder, k) for k in sorted({*o.classes, 10})}
        fast = ["--preset", "fast", *fixed, "--stop", "fixed"]
        table(
            "Classes, preset fast without a calibration (five levels, the classes halved after each), 20 + 200 votes",
            "classes", [(k, certify(o, folder, data[k], *fast)) for k in o.classes])
        table(
            "Classes, every class at 12 levels, 20 + 200 votes", "classes",
            [(k, certify(o, folder, data[k], "--timesteps", 14, *fixed)) for k in o.classes])
        table(
            "Levels, 10 classes, every class, 20 + 200 votes", "levels",
            [(t, certify(o, folder, data[10], "--timesteps", t + 2, *fixed)) for t in (3, 6, 12, 24, 48, 124)])
        table(
            "Votes, 10 classes, preset fast without a calibration, 20 votes for selection", "n",
            [(n, certify(o, folder, data[10], "--preset", "fast", "--selection-samples", 20, "--samples", n, "--stop", "fixed"))
             for n in (50, 200, 800, 3200)])
        table(
            "Targets, 10 classes, preset fast without a calibration, at most 10 000 votes", "radius",
            [(r, certify(o, folder, data[10], "--preset", "fast", "--target-radius", r)) for r in (0.1, 0.25, 0.5, 0.75)])
    text = "\n".join(lines)
    print(text)
    if o.markdown:
        pathlib.Path(o.markdown).write_text(text + "\n")


if __name__ == "__main__":
    main()
