"""Writes confidence_sequences.json beside itself: M_n(p), and the largest doubles not above its bounds, with 70 digits.

    python3 Tests/StatisticsTests/Fixtures/make_confidence_sequences.py

Needs mpmath. Deterministic. The incomplete beta function is summed from its series of positive terms (DLMF 8.17.8), in
which nothing cancels and nothing underflows; small cases are held against the integral that defines M_n and against
mpmath's own betainc.
"""

import json
import math
import pathlib

import mpmath as mp

mp.mp.dps = 70
HALF = mp.mpf(1) / 2


def tail(a, b, x):
    """ln of I_x(a, b)·B(a, b), from x^a (1 − x)^b / a · F(a + b, 1; a + 1; x)."""
    term = total = mp.mpf(1)
    j = 0
    while True:
        ratio = x * (a + b + j) / (a + 1 + j)
        term *= ratio
        total += term
        j += 1
        if ratio < 1 and term / (1 - max(x, ratio)) < total * mp.mpf(10) ** -66:
            return a * mp.log(x) + b * mp.log1p(-x) - mp.log(a) + mp.log(total)


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def log_evidence(k, n, p):
    """ln M_n(p)."""
    p = mp.mpf(p)
    a, b = k + HALF, n - k + HALF
    if p < HALF and p < a / (a + b):
        upper = log_beta(a, b) + mp.log1p(-mp.exp(tail(a, b, p) - log_beta(a, b)))
    else:
        upper = tail(b, a, 1 - p)
    return upper - mp.log(2 * mp.acos(mp.sqrt(p))) - k * mp.log(p) - (n - k) * mp.log1p(-p)


def lower_bound(k, n, alpha):
    """The root of ln M_n(p) = ln 1/α in (0, k/n): false position in ln p, with the Illinois rule."""
    target = -mp.log(mp.mpf(alpha))
    value = lambda y: log_evidence(k, n, mp.exp(y)) - target
    high = mp.log(mp.mpf(k) / n) if k < n else mp.mpf(10) ** -1 * mp.log(mp.mpf(alpha)) / n / 1000
    # Wilson's lower limit, at about the deviance sought.
    share, spread = mp.mpf(k) / n, (target + mp.log(n) / 2 + 1) / n
    low = mp.log(share**2 / (share + spread + mp.sqrt(spread * (2 * share * (1 - share) + spread))))
    while value(low) < 0:
        low -= max(mp.mpf(1) / n, -low)
    assert value(high) < 0 < value(low)
    return mp.exp(mp.findroot(value, (low, high), solver="anderson", tol=1e-80, maxsteps=200))


def floor(value):
    nearest = float(value)
    return math.nextafter(nearest, -math.inf) if mp.mpf(nearest) > value else nearest


def by_definition(k, n, p):
    """ln M_n(p) as the weighted average of likelihood ratios that it is; q = cos²(t), w(q) dq = dt up to a factor."""
    p = mp.mpf(p)
    end = mp.acos(mp.sqrt(p))
    ratio = lambda t: (mp.cos(t) ** 2 / p) ** k * (mp.sin(t) ** 2 / (1 - p)) ** (n - k)
    return mp.log(mp.quad(ratio, mp.linspace(0, end, 9)) / end)


for k, n, p in [(1, 1, 0.2), (3, 8, 0.1), (3, 8, 0.6), (20, 20, 0.9), (37, 60, 0.5), (0, 5, 0.3), (59, 60, 0.99)]:
    assert abs(by_definition(k, n, p) - log_evidence(k, n, p)) < mp.mpf(10) ** -40, (k, n, p)
for a, b, x in [(3, 5, 0.25), (40.5, 2.5, 0.8), (0.5, 7.5, 0.01)]:
    own = tail(mp.mpf(a), mp.mpf(b), mp.mpf(x)) - log_beta(mp.mpf(a), mp.mpf(b))
    assert abs(own - mp.log(mp.betainc(a, b, 0, x, regularized=True))) < mp.mpf(10) ** -60

COUNTS = [
    *[(1, 1), (1, 2), (2, 3), (3, 3), (1, 10), (5, 10), (7, 10), (9, 10), (10, 10), (19, 20), (20, 20), (25, 40)],
    *[(1, 100), (51, 100), (60, 100), (75, 100), (90, 100), (99, 100), (100, 100), (1, 1000), (501, 1000)],
    *[(530, 1000), (800, 1000), (990, 1000), (999, 1000), (1000, 1000), (5000, 10_000), (5100, 10_000)],
    *[(9000, 10_000), (9900, 10_000), (9990, 10_000), (9999, 10_000), (10_000, 10_000), (1, 100_000)],
    *[(50_001, 100_000), (51_000, 100_000), (99_000, 100_000), (99_990, 100_000), (99_999, 100_000)],
    *[(100_000, 100_000), (9_999_990, 10_000_000), (10_000_000, 10_000_000)],
]
ALPHAS = [1e-12, 1e-6, 1e-3, 0.05, 0.4]
bounds = [(k, n, alpha) for k, n in COUNTS for alpha in ALPHAS]
bounds += [(k, n, 1e-300) for k, n in [(1, 1), (10, 10), (9, 10), (600, 1000), (1000, 1000), (99_990, 100_000)]]

# Below, at and far above k/n, where 1 − I_p(a, b) is smaller than any Double.
evidence = [(k, n, p) for k, n in COUNTS if n <= 10_000 for p in [1e-9, 0.1, 0.5, 0.6, 0.9, 0.99, 0.9999]]
evidence += [(k, n, k / n) for k, n in COUNTS if k < n <= 100_000]
evidence += [(k, n, p) for k, n in [(0, 1), (0, 10), (0, 1000), (0, 100_000)] for p in [1e-6, 0.1, 0.5, 0.9, 0.999]]
evidence += [(k, n, p) for k, n in [(50_000, 100_000), (10, 100_000), (99_000, 100_000)] for p in [0.4, 0.9, 0.9999]]
evidence += [(k, n, 1 - 2**-53) for k, n in [(1, 1), (10, 10), (5, 10), (100_000, 100_000), (99_000, 100_000)]]
evidence += [(k, n, 1e-300) for k, n in [(0, 1), (1, 1), (1, 10), (9, 10), (100, 100), (1000, 1000)]]

table = {
    "command": "python3 Tests/StatisticsTests/Fixtures/make_confidence_sequences.py",
    "mpmath": mp.__version__,
    "bounds": [
        {"successes": k, "trials": n, "alpha": alpha, "value": floor(lower_bound(k, n, alpha))}
        for k, n, alpha in bounds
    ],
    "evidence": [
        {"successes": k, "trials": n, "probability": p, "value": float(log_evidence(k, n, p))} for k, n, p in evidence
    ],
}
lines = []
for name in ("bounds", "evidence"):
    rows = ",\n".join("    " + json.dumps(row) for row in table[name])
    lines.append(f'  "{name}": [\n{rows}\n  ]')
text = f'{{\n  "command": {json.dumps(table["command"])},\n  "mpmath": {json.dumps(table["mpmath"])},\n'
pathlib.Path(__file__).with_name("confidence_sequences.json").write_text(text + ",\n".join(lines) + "\n}\n")
