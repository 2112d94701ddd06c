#!/usr/bin/env python3
"""Values for DiffusionTests from NumPy, SciPy and mpmath. Run from this folder: python3 make_fixtures.py"""

import json

import mpmath
import numpy as np
from scipy import stats

mpmath.mp.dps = 60


def linspace():
    cases = [(1e-4, 126), (0.5, 126), (0.24, 126), (1.0, 12), (2.0, 14), (0.1, 3), (2.9999, 7)]
    return [{"start": a, "timesteps": n, "points": np.linspace(a, 3.0, n).tolist()} for a, n in cases]


def weightings():
    rows = []
    for s in [1e-4, 1e-3, 0.05, 0.3, 0.5, 1.0, 1.7, 3.0, 10.0, 80.0]:
        density = stats.lognorm.pdf(s, 1.2, scale=np.exp(-1.2))
        lam = (s**2 + 0.5**2) / (s * 0.5) ** 2
        # As published: the exponent multiplied by sigma squared, typed from the paper's code with mpmath.
        published = mpmath.exp(-((mpmath.log(s) + mpmath.mpf("1.2")) ** 2) / 2 * mpmath.mpf("1.44"))
        published /= s * mpmath.mpf("1.2") * mpmath.sqrt(2 * mpmath.pi)
        delta = 0.025
        rows.append({
            "sigma": s, "spacing": delta, "elbo": delta / s**3, "edm": delta * lam * density,
            "edm-reference": float(delta * mpmath.mpf(lam) * published), "uniform": delta,
        })
    return rows


def analytic():
    rng = np.random.default_rng(20240207)
    shape, classes = (2, 1, 5), 3
    length = int(np.prod(shape))
    points = rng.uniform(-1, 1, (30, length)).astype(np.float32)
    # Near duplicates in one class, far from the origin in another: what cancels in |x|^2 + |p|^2 - 2 x.p.
    points[3] = points[0] + np.float32(1e-5)
    points[6] = points[0] - np.float32(1e-5)
    points[1] += np.float32(1000)
    labels = np.arange(30) % classes
    queries = []
    for s in [1e-30, 1e-6, 1e-5, 1e-4, 1e-2, 0.1, 0.5, 1.0, 3.0, 80.0, 1e4]:
        for label in [None, 0, 1, 2]:
            near = points[rng.choice(np.flatnonzero((labels == label) | (label is None)))]
            x = (near + min(s, 1.0) * rng.standard_normal(length)).astype(np.float32)
            chosen = points[(labels == label) | (label is None)]
            exact = [[mpmath.mpf(float(v)) for v in p] for p in chosen]
            query = [mpmath.mpf(float(v)) for v in x]
            sm = mpmath.mpf(s)
            distances = [sum((a - b) ** 2 for a, b in zip(query, p)) for p in exact]
            smallest = min(distances)
            weights = [mpmath.exp(-(d - smallest) / (2 * sm**2)) for d in distances]
            total = sum(weights)
            mean = [float(sum(w * p[i] for w, p in zip(weights, exact)) / total) for i in range(length)]
            log_density = (-smallest / (2 * sm**2) + mpmath.log(total) - mpmath.log(len(exact))
                           - length * (mpmath.log(sm) + mpmath.log(2 * mpmath.pi) / 2))
            queries.append({"sigma": s, "label": label, "x": x.tolist(), "denoised": mean,
                            "logDensity": float(log_density)})
    return {"shape": shape, "classCount": classes, "images": points.ravel().tolist(), "labels": labels.tolist(),
            "queries": queries}


for name, value in [("linspace", linspace()), ("weightings", weightings()), ("analytic", analytic())]:
    with open(name + ".json", "w") as file:
        json.dump(value, file)
        file.write("\n")
