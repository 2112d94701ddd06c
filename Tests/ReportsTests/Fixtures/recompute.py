#!/usr/bin/env python3
"""Recomputes what `ndc report` says from the raw records, with NumPy and SciPy and nothing of ndc.

  recompute.py fixtures                      writes the runs and expected.json beside this script
  recompute.py check RUN... --csv F --markdown F [--radii r...]
                                             compares the files that `ndc report RUN... --csv F --markdown F` wrote

Every number is compared as text, to the last digit shown.
"""
import argparse
import csv
import json
import math
import pathlib
import sys
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import mpmath
import numpy as np
from scipy.stats import beta, binomtest, norm

HERE = pathlib.Path(__file__).parent
RADII = [0.25, 0.5, 0.75, 1.0]


def down(value, digits):
    return str(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR))


def up(value, digits):
    return str(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_CEILING))


def share(count, total, scale, digits):
    """count/total·scale, exactly, rounded down."""
    scaled = count * scale * 10**digits // total
    text = str(scaled).rjust(digits + 1, "0")
    return text[:-digits] + "." + text[-digits:]


def read(folder):
    manifest = json.loads((pathlib.Path(folder) / "run.json").read_text())
    lines = (pathlib.Path(folder) / "records.jsonl").read_text().splitlines()
    return manifest, [json.loads(line) for line in lines]


def columns(records):
    label = np.array([r["label"] for r in records])
    predicted = np.array([r["predicted"] for r in records])
    radius = np.array([r["radius"] for r in records])
    return label, predicted, radius, predicted == label


def clopper_pearson(k, n, level=0.05):
    low = 0.0 if k == 0 else beta.ppf(level / 2, k, n - k + 1)
    high = 1.0 if k == n else beta.isf(level / 2, k + 1, n - k)
    return float(low), float(high)


def dkw(k, n, level=0.05):
    margin = math.sqrt(math.log(2 / level) / (2 * n))
    return max(0.0, k / n - margin), min(1.0, k / n + margin)


def curve(records, radii):
    """The CSV's rows without the run's name: every step and the chosen radii."""
    _, _, radius, correct = columns(records)
    n = len(records)
    rows = []
    for r in sorted(set(radius[correct].tolist()) | set(radii)):
        k = int(np.count_nonzero(correct & (radius >= r)))
        near, wide = clopper_pearson(k, n), dkw(k, n)
        rows.append(
            [r, k, n, share(k, n, 1, 6), down(near[0], 6), up(near[1], 6), down(wide[0], 6), up(wide[1], 6)])
    return rows


def table_row(records, radii):
    """The Markdown table's cells after the run's name."""
    _, predicted, radius, correct = columns(records)
    n = len(records)
    acr = math.fsum((radius * correct).tolist()) / n
    certified = [share(int(np.count_nonzero(correct & (radius >= r))), n, 100, 2) for r in radii]
    return [str(n), share(int(correct.sum()), n, 100, 2), share(int((predicted == -1).sum()), n, 100, 2)] + certified + [
        down(acr, 4)]


def mixture_bound(k, n, alpha):
    """The root p < k/n of M_n(p) = 1/alpha, Docs/Mathematics.md, Anytime-valid certification, in 40 digits."""
    if k == 0:
        return 0.0
    with mpmath.workdps(40):
        a, b = mpmath.mpf(k) + 0.5, mpmath.mpf(n - k) + 0.5

        def evidence(p):
            top = mpmath.log(mpmath.beta(a, b)) + mpmath.log(mpmath.betainc(a, b, p, 1, regularized=True))
            half = mpmath.mpf(1) / 2
            bottom = mpmath.log(mpmath.beta(half, half)) + mpmath.log(
                mpmath.betainc(half, half, p, 1, regularized=True))
            return top - bottom - k * mpmath.log(p) - (n - k) * mpmath.log(1 - p) + mpmath.log(alpha)

        low, high = mpmath.mpf("1e-12"), mpmath.mpf(k) / n if k < n else 1 - mpmath.mpf(10) ** -30
        for _ in range(120):
            middle = (low + high) / 2
            low, high = (middle, high) if evidence(middle) > 0 else (low, middle)
        return float(low)


def lower_bound(bound, alpha):
    k, n = bound["successes"], bound["samples"]
    if bound["rule"] == "beta-mixture":
        return mixture_bound(k, n, alpha)
    return float(beta.ppf(alpha, k, n - k + 1)) if k else 0.0


def joint(manifest, records, radii):
    """All certificates at once: every bound at α/N."""
    alpha, sigma = manifest["smoothing"]["alpha"], manifest["smoothing"]["sigma"]
    level = alpha / len(records)
    radius = []
    for r in records:
        source = r.get("bound", {"rule": "clopper-pearson", "successes": r["votes"][r["candidate"]], "samples": r["samples"]})
        bound = lower_bound(source, level)
        radius.append(sigma * norm.ppf(bound) if bound > 0.5 and r["candidate"] == r["label"] else 0.0)
    certified = [bool(x > 0) for x in radius]
    counts = [int(sum(c and x >= r for c, x in zip(certified, radius))) for r in radii]
    return {"counts": counts, "acr": down(math.fsum(radius) / len(records), 4)}


def confusion(records, classes):
    counts = np.zeros((classes, classes), dtype=int)
    for r in records:
        counts[r["label"]] += r["votes"]
    return counts.tolist()


def mcnemar(a, b, radii):
    rows = []
    for r in radii:
        first = np.array([x["predicted"] == x["label"] and x["radius"] >= r for x in a])
        second = np.array([x["predicted"] == x["label"] and x["radius"] >= r for x in b])
        only_a, only_b = int((first & ~second).sum()), int((second & ~first).sum())
        p = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
        rows.append({"onlyA": only_a, "onlyB": only_b, "p": p})
    return rows


def make_run(folder, sigma, images, classes, n, n0, alpha, seed, anytime=False, old=False):
    """A made-up run whose records agree with themselves."""
    rng = np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    labels = np.random.default_rng(7).integers(0, classes, images)
    lines = []
    for index in range(images):
        strength = rng.beta(4, 1) if rng.random() < 0.9 else rng.beta(1, 4)
        p = np.full(classes, (1 - strength) / (classes - 1))
        p[labels[index]] = strength
        if rng.random() < 0.1:  # An image that looks like another class.
            p[labels[index]], p[(labels[index] + 1) % classes] = p[(labels[index] + 1) % classes], p[labels[index]]
        samples = int(rng.integers(50, n + 1)) if anytime else n
        selection, votes = rng.multinomial(n0, p), rng.multinomial(samples, p)
        candidate = int(np.argmax(selection))
        source = {"rule": "beta-mixture" if anytime else "clopper-pearson", "successes": int(votes[candidate]),
                  "samples": samples, "alpha": alpha}
        bound = lower_bound(source, alpha)
        abstained = bound <= 0.5
        record = {
            "index": index * 20, "label": int(labels[index]), "predicted": -1 if abstained else candidate,
            "abstained": abstained, "radius": 0.0 if abstained else sigma * float(norm.ppf(bound)),
            "candidate": candidate, "pLower": bound, "bound": source,
            "stopReason": "targets" if anytime else "fixed", "votes": votes.tolist(), "invalidVotes": 0,
            "selectionVotes": selection.tolist(), "invalidSelectionVotes": 0, "samples": samples,
            "evaluations": 31 * (samples + n0), "seconds": round(float(rng.gamma(20, 0.1)), 6),
            "correct": (not abstained) and candidate == int(labels[index])}
        if old:  # As version 0.1 wrote them.
            del record["bound"], record["stopReason"]
        lines.append(json.dumps(record))
    (folder / "records.jsonl").write_text("\n".join(lines) + "\n")
    manifest = {
        "arguments": ["certify", "--data", "<made & up>", "--sigma", str(sigma)],
        "classifier": {"description": f"apndc, σ = {sigma}, 3 explicit levels, weighting edm", "precision": "fp32",
                       "specification": {"levels": [2, 3, 4], "method": "apndc", "noiseSharing": "shared", "sigma": sigma,
                                         "skipSteps": 5, "timesteps": 5, "weighting": "edm"}},
        "created": "2026-01-01T00:00:00Z",
        "data": {"digest": "00" * 32, "size": images * 20, "source": "made-up"},
        "execution": {"batch": 8, "threads": 2}, "format": 1,
        "host": {"cores": 2, "instructionSet": "made up", "libraries": {}, "name": "none", "processor": "none",
                 "system": "none"},
        "images": {"count": images, "first": 0, "stride": 20},
        "model": {"architecture": "made up", "digest": "11" * 32, "source": "made-up.safetensors"},
        "program": {"name": "ndc", "version": "0.1.0"},
        "smoothing": {"alpha": alpha, "samples": n, "seed": 5, "selectionSamples": n0, "sigma": sigma, "stop": "fixed"}}
    if anytime:
        manifest["smoothing"].update(stop="anytime", targetRadii=[0.25])
    (folder / "run.json").write_text(json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def fixtures():
    for name, sigma, seed in [("run-0.25", 0.25, 1), ("run-0.5", 0.5, 2)]:
        make_run(
            HERE / name, sigma, images=60, classes=5, n=200, n0=20, alpha=0.001, seed=seed, old=name == "run-0.5")
    make_run(HERE / "run-anytime", 0.5, images=24, classes=5, n=400, n0=20, alpha=0.001, seed=3, anytime=True)
    expected = {"radii": RADII, "runs": []}
    for name in ["run-0.25", "run-0.5", "run-anytime"]:
        manifest, records = read(HERE / name)
        expected["runs"].append({
            "name": name, "curve": [[str(cell) for cell in row[1:]] for row in curve(records, RADII)],
            "steps": [row[0] for row in curve(records, RADII)], "table": table_row(records, RADII),
            "joint": joint(manifest, records, RADII), "confusion": confusion(records, 5)})
    a, b = read(HERE / "run-0.25")[1], read(HERE / "run-0.5")[1]
    expected["mcnemar"] = mcnemar(a, b, RADII)
    difference = [y["radius"] * y["correct"] - x["radius"] * x["correct"] for x, y in zip(a, b)]
    expected["meanDifference"] = math.fsum(difference) / len(difference)
    # The percentile bootstrap of another generator agrees to within what resampling leaves open.
    rng = np.random.default_rng(0)
    means = np.array(difference)[rng.integers(0, 60, (200_000, 60))].mean(axis=1)
    expected["differenceInterval"] = np.quantile(means, [0.025, 0.975]).tolist()
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def check(arguments):
    rows = list(csv.reader(open(arguments.csv)))[1:]
    cells = [[c.strip() for c in line.strip().strip("|").split("|")]
             for line in open(arguments.markdown) if line.startswith("|")][2:]
    compared = 0
    for position, folder in enumerate(arguments.runs):
        _, records = read(folder)
        for expected in curve(records, arguments.radii):
            found = rows.pop(0)
            assert float(found[2]) == expected[0], (folder, found, expected)
            assert found[3:] == [str(cell) for cell in expected[1:]], (folder, found, expected)
            compared += 8
        expected = table_row(records, arguments.radii)
        # What the table adds to an average that is not comparable.
        found = cells[position][1:-1] + [cells[position][-1].removesuffix(" (target-stopped)")]
        assert found == expected, (folder, cells[position], expected)
        compared += len(expected)
    assert not rows, f"{len(rows)} rows too many"
    print(f"{compared} numbers agree to the last digit shown")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["fixtures", "check"])
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--csv")
    parser.add_argument("--markdown")
    parser.add_argument("--radii", nargs="+", type=float, default=RADII)
    arguments = parser.parse_args()
    fixtures() if arguments.mode == "fixtures" else check(arguments)


if __name__ == "__main__":
    sys.exit(main())
