#!/usr/bin/env python3
"""Losses of every method and weighting by a plain NumPy reading of the definitions: double precision, one evaluation
at a time, the means of EPNDC formed as they are defined. Run from this folder: python3 make_losses.py"""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(20241102)
SHAPE = (2, 2, 3)
D = int(np.prod(SHAPE))
K = 3
SIGMA = 0.3
TAU = 2 * SIGMA

components = []
for k in range(7):
    components.append({"label": k % K, "weight": float(rng.uniform(0.5, 2)),
                       "mean": rng.uniform(-1, 1, D).tolist(), "variance": float(rng.uniform(0.01, 0.2))})


def denoise(x, s, y):
    chosen = [c for c in components if y is None or c["label"] == y]
    logs = np.array([np.log(c["weight"]) - np.sum((x - c["mean"]) ** 2) / 2 / (c["variance"] + s * s)
                     - D / 2 * np.log(c["variance"] + s * s) for c in chosen])
    r = np.exp(logs - logs.max())
    r /= r.sum()
    return sum(w * (s * s * np.array(c["mean"]) + c["variance"] * x) / (s * s + c["variance"])
               for w, c in zip(r, chosen))


CALIBRATION = {0.62: 0.5, 0.9: 1.25, 1.3: 0.0, 2.2: 3.5, 2.9: 0.125}


def omega(weighting, s, delta):
    if weighting == "elbo":
        return delta / s**3
    if weighting == "uniform":
        return delta
    if weighting == "learned":
        return CALIBRATION[s]
    lam = (s**2 + 0.25) / (s * 0.5) ** 2
    if weighting == "edm":
        return delta * lam * stats.lognorm.pdf(s, 1.2, scale=np.exp(-1.2))
    return delta * lam * np.exp(-((np.log(s) + 1.2) ** 2) / 2 * 1.44) / (s * 1.2 * np.sqrt(2 * np.pi))


def losses(method, weighting, x, grid, noise, rows):
    """noise[t][y]; rows are the grid indices evaluated (for epndc: the steps)."""
    delta = np.append(np.diff(grid), grid[-1] - grid[-2])
    result = []
    for y in range(K):
        total = 0.0
        hat = denoise(x, TAU, None)
        for t in rows:
            s, e = grid[t], noise[t][y]
            if method == "dc":
                term = omega(weighting, s, delta[t]) * np.sum((denoise(x + s * e, s, y) - x) ** 2)
            elif method in ("apndc", "denoise-classify"):
                term = omega(weighting, s, delta[t]) * np.sum((denoise(hat + s * e, s, y) - hat) ** 2)
            elif method == "apndc-posterior":
                at = x + np.sqrt(s * s - TAU * TAU) * e
                term = omega(weighting, s, delta[t]) * np.sum((denoise(at, s, y) - hat) ** 2)
            else:
                if s <= TAU:
                    continue
                n = grid[t + 1]
                at = x + np.sqrt(n**2 - TAU**2) * e
                q = ((n**2 - s**2) * x + (s**2 - TAU**2) * at) / (n**2 - TAU**2)
                p = ((n**2 - s**2) * denoise(at, n, y) + s**2 * at) / n**2
                kappa = (n**2 - TAU**2) / (2 * (s**2 - TAU**2) * (n**2 - s**2))
                if weighting != "elbo":
                    kappa *= omega(weighting, s, delta[t]) * s**3 / delta[t]
                term = kappa * np.sum((p - q) ** 2)
            total += term
        result.append(total)
    return result


METHODS = ["dc", "apndc", "apndc-posterior", "epndc", "denoise-classify"]
WEIGHTINGS = ["elbo", "edm", "edm-reference", "uniform", "learned"]
images = [rng.uniform(-1, 1, D), 0.3 * rng.standard_normal(D), rng.uniform(-2, 2, D)]
# The library receives floats, so the reference does too.
images = [x.astype(np.float32).astype(np.float64) for x in images]
T = 12


def draw(n):
    return rng.standard_normal((n, K, D)).astype(np.float32).astype(np.float64)


def make(grid, noise, kind):
    cases = []
    for method in METHODS:
        if kind == "explicit":
            rows = range(len(grid) - 1) if method == "epndc" else range(len(grid))
        else:
            start = 1e-4 if method in ("dc", "denoise-classify") else TAU
            grid = np.linspace(start, 3, T)
            rows = range(5, T - 2) if method == "epndc" else range(1, T - 1)
        for weighting in WEIGHTINGS:
            if weighting == "learned" and kind != "explicit":
                continue
            for shared in (True, False):
                eps = np.repeat(noise[:, :1], K, axis=1) if shared else noise
                cases.append({"method": method, "weighting": weighting, "shared": shared,
                              "losses": [losses(method, weighting, x, grid, eps, rows) for x in images]})
    return cases


explicit = np.array(sorted(CALIBRATION))
noise_explicit, noise_generated = draw(len(explicit)), draw(T)
with open("losses.json", "w") as file:
    json.dump({
        "shape": SHAPE, "classCount": K, "sigma": SIGMA, "components": components,
        "images": [x.tolist() for x in images], "grid": explicit.tolist(),
        "weights": [CALIBRATION[s] for s in explicit], "timesteps": T,
        "noise": noise_explicit.tolist(), "generatedNoise": noise_generated.tolist(),
        "explicit": make(explicit, noise_explicit, "explicit"),
        "generated": make(None, noise_generated, "generated"),
    }, file)
    file.write("\n")

# Gauss-Hermite quadrature for expectations over N(0, 1) in the oracle test.
nodes, weights = np.polynomial.hermite_e.hermegauss(12)
with open("hermite.json", "w") as file:
    json.dump({"nodes": nodes.tolist(), "weights": (weights / weights.sum()).tolist()}, file)
    file.write("\n")
