"""Writes reference_values.json beside itself: what SciPy gives, and mpmath where SciPy is off.

    python3 Tests/StatisticsTests/Fixtures/make_reference_values.py

Needs numpy, scipy, mpmath. Deterministic. Every number is first computed with 36 digits; SciPy's own value is recorded
where it agrees with that to SCIPY_TOLERANCE, the 36-digit value (and "mpmath" as its source) where it does not.
"""

import json
import math
import pathlib

import mpmath as mp
import scipy
from scipy import special, stats

mp.mp.dps = 36
SCIPY_TOLERANCE = 1e-12


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def continued_fraction(a, b, x):
    """DLMF 8.17.22 by the modified Lentz method, for x < (a + 1) / (a + b + 2)."""
    tiny = mp.mpf(10) ** -200
    c, d = mp.mpf(1), 1 - (a + b) * x / (a + 1)
    d = 1 / (d if d else tiny)
    h, m = d, 0
    while True:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 + term * d
            c = 1 + term / c
            d = 1 / (d if d else tiny)
            delta = c * d
            h *= delta
        if abs(delta - 1) < mp.mpf(10) ** -28:
            return h


def tails(a, b, x):
    """I_x(a, b) and its complement."""
    a, b, x = mp.mpf(a), mp.mpf(b), mp.mpf(x)
    front = mp.exp(a * mp.log(x) + b * mp.log1p(-x) - log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        lower = front * continued_fraction(a, b, x) / a
        return lower, 1 - lower
    upper = front * continued_fraction(b, a, 1 - x) / b
    return 1 - upper, upper


for a, b, x in [(3, 5, 0.25), (40, 2, 0.8), (0.5, 7.5, 0.01), (30, 30, 0.6)]:
    assert abs(tails(a, b, x)[0] / mp.betainc(a, b, 0, x, regularized=True) - 1) < 1e-26


def beta_quantile(a, b, p, upper, guess):
    """The x at which the lower (or upper) tail is p: Newton on the logit of x, for log p, safeguarded by bisection."""
    p = mp.mpf(p)
    low, high = mp.mpf(0), mp.mpf(1)
    x = mp.mpf(guess)
    if not 0 < x < 1:
        x = mp.mpf(a) / (a + b)
    for _ in range(400):
        value = tails(a, b, x)[1 if upper else 0]
        if (value < p) != upper:
            low = x
        else:
            high = x
        if value > mp.mpf(10) ** -30:
            density = mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - log_beta(a, b))
            step = mp.log(value / p) * value / (density * x * (1 - x)) * (1 if upper else -1)
            logit = mp.log(x) - mp.log1p(-x) + max(-2, min(2, step))
            new = 1 / (1 + mp.exp(-logit))
        else:  # a bad start: this tail has no digits left here
            new = (low + high) / 2
        if not low < new < high:
            new = (low + high) / 2
        if abs(new - x) < mp.mpf(10) ** -20 * min(x, 1 - x):
            return new
        x = new
    raise ArithmeticError((a, b, p, upper))


deviations = []


def entry(arguments, exact, from_scipy):
    """One row of a table, with SciPy's value where it is right."""
    exact = mp.mpf(exact)
    error = abs(mp.mpf(float(from_scipy)) - exact) / abs(exact) if exact else abs(mp.mpf(float(from_scipy)))
    good = float(from_scipy) == float(exact) or error <= SCIPY_TOLERANCE
    if not good:
        deviations.append((arguments, float(from_scipy), float(exact)))
    return {**arguments, "value": float(from_scipy) if good else float(exact), "source": "scipy" if good else "mpmath"}


def bounds():
    rows = []
    for n in (1, 2, 3, 10, 100, 1000, 10_000, 100_000, 10_000_000):
        counts = sorted({0, 1, 2, n // 3, n // 2, n // 2 + 1, n * 99 // 100, n - 2, n - 1, n})
        for k in (k for k in counts if 0 <= k <= n):
            for alpha in (1e-12, 1e-6, 1e-3, 0.05, 0.5) if n <= 10_000 else (1e-12, 1e-3, 0.5):
                arguments = {"successes": k, "trials": n, "alpha": alpha}
                scipy_lower = stats.beta.ppf(alpha, k, n - k + 1) if k else 0.0
                scipy_upper = stats.beta.isf(alpha, k + 1, n - k) if k < n else 1.0
                if k == 0:
                    lower = mp.mpf(0)
                elif k == n:
                    lower = mp.mpf(alpha) ** (mp.mpf(1) / n)
                else:
                    lower = beta_quantile(k, n - k + 1, alpha, False, scipy_lower)
                if k == n:
                    upper = mp.mpf(1)
                elif k == 0:
                    upper = -mp.expm1(mp.log(mp.mpf(alpha)) / n)
                else:
                    upper = beta_quantile(k + 1, n - k, alpha, True, scipy_upper)
                rows.append({**entry({**arguments, "side": "lower"}, lower, scipy_lower)})
                rows.append({**entry({**arguments, "side": "upper"}, upper, scipy_upper)})
    return rows


def exact_normal_cdf(x):
    return mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2


def exact_normal_quantile(p):
    """Newton on log Φ in the lower tail."""
    p = mp.mpf(p)
    if p > 0.5:
        return -exact_normal_quantile(1 - p)
    if p == 0.5:
        return mp.mpf(0)
    x = mp.mpf(special.ndtri(float(p)))
    for _ in range(60):
        value = exact_normal_cdf(x)
        step = mp.log(value / p) * value / (mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi))
        x -= step
        if abs(step) < mp.mpf(10) ** -20 * abs(x):
            return x
    raise ArithmeticError(p)


PROBABILITIES = [1e-307, 1e-300, 1e-200, 1e-100, 1e-50, 1e-30, 1e-20, 1e-16, 1e-12, 1e-9, 1e-6, 1e-3, 0.01, 0.02425,
                 0.1, 0.25, 0.4, 0.499, 0.4999999, 0.5 - 2.0**-53, 0.5, 0.5 + 2.0**-52, 0.5000001, 0.501, 0.6, 0.75,
                 0.9, 0.99, 0.999, 0.9999, 0.999999, 1 - 1e-9, 1 - 1e-12, 1 - 2.0**-52, 1 - 2.0**-53]


def quantiles():
    return [entry({"x": p}, exact_normal_quantile(p), special.ndtri(p)) for p in PROBABILITIES]


def normal_cdfs():
    points = [-37.5, -30.0, -20.0, -10.0, -8.3, -5.0, -3.0, -1.0, -0.5, -1e-3, -1e-10, 0.0, 1e-10, 0.3, 1.0, 2.0, 5.0,
              8.0]
    return [entry({"x": x}, exact_normal_cdf(x), special.ndtr(x)) for x in points]


def exact_two_sided(k, n, p):
    """Enumerates every count with exact rational-like arithmetic."""
    p = mp.mpf(p)
    masses = [mp.binomial(n, i) * p**i * (1 - p) ** (n - i) for i in range(n + 1)]
    limit = masses[k] * (1 + mp.mpf(10) ** -7)
    return min(mp.mpf(1), mp.fsum(mass for mass in masses if mass <= limit))


def exact_fair(k, n):
    """At p = ½ the two tails are equal."""
    k = max(k, n - k)
    return mp.mpf(1) if 2 * k == n else 2 * tails(k, n - k + 1, mp.mpf(1) / 2)[0]


def two_sided_tests():
    rows = []
    for n in (1, 2, 5, 17, 100, 500):
        for k in sorted({0, 1, n // 3, n // 2, n * 3 // 4, n - 1, n}):
            for p in (0.5, 0.3, 0.01, 0.9):
                rows.append(entry({"successes": k, "trials": n, "probability": p}, exact_two_sided(k, n, p),
                                  stats.binomtest(k, n, p).pvalue))
    for n, k in [(10_000, 5000), (10_000, 5001), (10_000, 5200), (10_000, 9000), (1_000_000, 501_000),
                 (10_000_000, 5_005_000), (1000, 1000), (1000, 0), (1000, 1)]:
        rows.append(entry({"successes": k, "trials": n, "probability": 0.5}, exact_fair(k, n),
                          stats.binomtest(k, n, 0.5).pvalue))
    return rows


def binomials():
    """Pr(X <= k) and Pr(X > k)."""
    rows = []
    for n, p in [(1, 0.3), (10, 0.5), (1000, 0.001), (1000, 0.9), (100_000, 0.51), (10_000_000, 0.5)]:
        spread = math.sqrt(n * p * (1 - p))
        for k in sorted({min(n - 1, max(0, int(n * p + z * spread))) for z in (-12, -5, -1, 0, 1, 5, 12)}):
            upper, lower = tails(k + 1, n - k, p)
            arguments = {"successes": k, "trials": n, "probability": p}
            rows.append(entry({**arguments, "side": "lower"}, lower, stats.binom.cdf(k, n, p)))
            rows.append(entry({**arguments, "side": "upper"}, upper, stats.binom.sf(k, n, p)))
    return rows


def exact_kolmogorov(x):
    return 2 * mp.nsum(lambda j: (-1) ** (int(j) - 1) * mp.exp(-2 * j * j * mp.mpf(x) ** 2), [1, 400],
                       method="direct")


def kolmogorov():
    points = [0.3, 0.5, 0.8, 0.95, 0.999999, 1.0, 1.2, 1.36, 1.63, 2.0, 3.0, 5.0]
    return [entry({"x": x}, exact_kolmogorov(x), special.kolmogorov(x)) for x in points]


def radii():
    rows = []
    for sigma in (0.12, 0.25, 0.5, 1.0):
        for p in (0.5 + 2.0**-40, 0.51, 0.75, 0.9926, 0.99931, 1 - 1e-9, 1 - 2.0**-53):
            rows.append(entry({"sigma": sigma, "lowerBound": p}, mp.mpf(sigma) * exact_normal_quantile(p),
                              sigma * stats.norm.ppf(p)))
    return rows


tables = {
    "command": "python3 Tests/StatisticsTests/Fixtures/make_reference_values.py",
    "versions": f"scipy {scipy.__version__}, mpmath {mp.__version__}",
    "bounds": bounds(), "quantiles": quantiles(), "normalCDFs": normal_cdfs(), "twoSidedTests": two_sided_tests(),
    "binomials": binomials(), "kolmogorov": kolmogorov(), "radii": radii(),
}
lines = []
for name, value in tables.items():
    if isinstance(value, list):
        lines.append(f'"{name}": [\n  ' + ",\n  ".join(json.dumps(row) for row in value) + "\n]")
    else:
        lines.append(f'"{name}": {json.dumps(value)}')
target = pathlib.Path(__file__).with_name("reference_values.json")
target.write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"{sum(len(v) for v in tables.values() if isinstance(v, list))} rows; SciPy deviates in {len(deviations)}:")
for arguments, found, expected in deviations:
    print(" ", arguments, f"scipy {found!r}, exact {expected!r}")
