"""Writes rounding.json beside itself: the largest double not above each exact bound and radius.

    python3 Tests/StatisticsTests/Fixtures/make_rounding_values.py

Needs numpy, scipy (for first guesses) and mpmath. Deterministic. Every number is computed with 40 digits; a few are held
against mpmath's own betainc. "bounds" are Clopper-Pearson's, "radii" sigma' * quantile(p) of a double p, and
"certificates" the radii of the exact, unrounded bounds, with sigma' = min(sigma, float32(2 sigma) / 2).
"""

import json
import math
import pathlib
import random

import mpmath as mp
import numpy as np
from scipy import special

mp.mp.dps = 40


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def continued_fraction(a, b, x):
    """DLMF 8.17.22 by the modified Lentz method, for x < (a + 1) / (a + b + 2)."""
    d = 1 / (1 - (a + b) * x / (a + 1))
    h, c, m = d, mp.mpf(1), 0
    while True:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            h *= c * d
        if abs(c * d - 1) < mp.mpf(10) ** -36:
            return h


def tail(a, b, x):
    """I_x(a, b)."""
    front = mp.exp(a * mp.log(x) + b * mp.log1p(-x) - log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return front * continued_fraction(a, b, x) / a
    return 1 - front * continued_fraction(b, a, 1 - x) / b


for a, b, x in [(3, 5, 0.25), (40, 2, 0.8), (7, 90, 0.01), (30, 30, 0.6)]:
    assert abs(tail(mp.mpf(a), mp.mpf(b), mp.mpf(x)) / mp.betainc(a, b, 0, x, regularized=True) - 1) < 1e-34


def guess(k, n, alpha):
    x = special.betaincinv(k, n - k + 1, alpha)
    if 0 < x < 1 and special.betainc(k, n - k + 1, x) > 0:
        return x
    low, high = -800.0, math.log(k / n)  # where n KL(k/n || p) = -ln alpha, in ln p
    for _ in range(200):
        middle = (low + high) / 2
        p = math.exp(middle)
        deviance = k * (math.log(k / n) - middle)
        if k < n:
            deviance += (n - k) * (math.log1p(-k / n) - math.log1p(-p))
        low, high = (middle, high) if deviance > -math.log(alpha) else (low, middle)
    return math.exp(low)


def lower_bound(k, n, alpha):
    """The p with I_p(k, n - k + 1) = alpha: Newton on ln I in ln p, which is concave."""
    if k == n:
        return mp.mpf(alpha) ** (mp.mpf(1) / n)
    a, b, target = mp.mpf(k), mp.mpf(n - k + 1), mp.log(mp.mpf(alpha))
    x = mp.mpf(guess(k, n, alpha))
    for _ in range(100):
        value = tail(a, b, x)
        slope = mp.exp(a * mp.log(x) + (b - 1) * mp.log1p(-x) - log_beta(a, b)) / value
        step = (target - mp.log(value)) / slope
        x = min(x * mp.exp(step), (1 + x) / 2)
        if abs(step) < mp.mpf(10) ** -24:
            return x
    raise ArithmeticError((k, n, alpha))


def quantile(p):
    """The standard normal quantile of p > 1/2: Newton on the upper tail's logarithm."""
    q = 1 - p
    x = mp.mpf(special.ndtri(float(p))) if float(p) < 1 else -mp.mpf(special.ndtri(float(q)))
    for _ in range(60):
        value = mp.erfc(x / mp.sqrt(2)) / 2
        step = mp.log(value / q) * value / (mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi))
        x += step
        if abs(step) < mp.mpf(10) ** -26 * abs(x):
            return x
    raise ArithmeticError(p)


def drawn(sigma):
    return min(sigma, float(np.float32(2 * sigma)) / 2)


def floor(value):
    nearest = float(value)
    return math.nextafter(nearest, -math.inf) if mp.mpf(nearest) > value else nearest


draw = random.Random(20250)
counts = []
for n in (1, 2, 3, 10, 48, 100, 1000, 10_000, 100_000, 1_000_000):
    ks = sorted({1, 2, n // 10, n // 3, n // 2, n // 2 + 1, n * 86 // 100, n * 99 // 100, n - 10, n - 2, n - 1, n})
    for k in (k for k in ks if 1 <= k <= n):
        counts += [(k, n, alpha) for alpha in (1e-300, 1e-30, 1e-9, 1e-3 / 200, 1e-3, 0.05)]
for _ in range(200):
    n = int(10 ** draw.uniform(0, 6))
    counts.append((draw.randint(1, n), n, 10 ** draw.uniform(-40, -0.31)))
SIGMAS = [0.12, 0.25, 0.5, 1.0, 0.1, 0.37, 0.2, 1.5, 1e-3, 100.3]

bounds, certificates = [], []
for index, (k, n, alpha) in enumerate(counts):
    exact = lower_bound(k, n, alpha)
    bounds.append({"successes": k, "trials": n, "alpha": alpha, "value": floor(exact)})
    if exact > mp.mpf(1) / 2:
        sigma = SIGMAS[index % len(SIGMAS)]
        radius = mp.mpf(drawn(sigma)) * quantile(exact)
        certificates.append({"successes": k, "trials": n, "alpha": alpha, "sigma": sigma, "value": floor(radius)})

probabilities = [0.5 + 2.0**-e for e in (52, 50, 40, 30, 20, 12, 8, 5, 3)] + [1 - 2.0**-e for e in (2, 5, 9, 20, 40, 53)]
probabilities += [draw.uniform(0.5, 1) for _ in range(60)] + [1 - 10 ** -draw.uniform(1, 12) for _ in range(40)]
radii = []
for index, p in enumerate(probabilities):
    for sigma in (SIGMAS[index % len(SIGMAS)], 0.12):
        exact = mp.mpf(drawn(sigma)) * quantile(mp.mpf(p))
        radii.append({"sigma": sigma, "lowerBound": p, "value": floor(exact)})

tables = {"bounds": bounds, "certificates": certificates, "radii": radii}
lines = [
    '"command": "python3 Tests/StatisticsTests/Fixtures/make_rounding_values.py"', f'"mpmath": "{mp.__version__}"',
]
for name, rows in tables.items():
    lines.append(f'"{name}": [\n  ' + ",\n  ".join(json.dumps(row) for row in rows) + "\n]")
pathlib.Path(__file__).with_name("rounding.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
print({name: len(rows) for name, rows in tables.items()})
