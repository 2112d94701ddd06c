#!/usr/bin/env python3
"""Measures the relative error of Boost's incomplete beta function in extended precision against mpmath's 45 digits.

    Benchmarks/boost_tail_error.py

Needs mpmath and g++ with Boost's headers; about half a minute. Sources/CBoostMath/shim.cpp takes 2^-43 + 2^-62 (a + b)
for more than that error (`tailAllowance`): printed is, for every decade of n, the largest error at the Clopper-Pearson
bounds of a grid of counts and levels, and the least ratio of the allowance to it. Exits 1 if a ratio is below 8.
"""

import pathlib
import random
import subprocess
import sys
import tempfile

import mpmath as mp

mp.mp.dps = 45

PROGRAM = r"""
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <cstdio>
using namespace boost::math;
using Real = long double;
using Policy = policies::policy<policies::promote_double<true>, policies::overflow_error<policies::ignore_error>,
                                policies::underflow_error<policies::ignore_error>>;
Real bisected(Real a, Real b, Real p) {
  Real low = std::log(std::numeric_limits<Real>::min()), high = 0;
  for (;;) {
    const Real middle = low + (high - low) / 2;
    if (!(low < middle && middle < high)) return std::exp(low);
    (ibeta(a, b, std::exp(middle), Policy()) <= p ? low : high) = middle;
  }
}
int main() {
  double k, n, alpha;
  while (std::scanf("%lf %lf %lf", &k, &n, &alpha) == 3) {
    Real x;
    try { x = ibeta_inv(Real(k), Real(n - k + 1), Real(alpha), Policy()); }
    catch (...) { x = bisected(k, n - k + 1, alpha); }
    const double bound = static_cast<double>(x);
    std::printf("%a %La\n", bound, ibeta(Real(k), Real(n - k + 1), Real(bound), Policy()));
  }
}
"""


def cases():
    draw = random.Random(5)
    rows = []
    for n in (1, 2, 5, 20, 100, 1000, 10_000, 100_000, 1_000_000, 100_000_000):
        ks = {1, 2, n // 10, n // 3, n // 2, n // 2 + 1, n * 7 // 10, n * 86 // 100, n * 99 // 100, n - 10, n - 2, n - 1, n}
        levels = (1e-300, 1e-100, 1e-30, 1e-12, 1e-6, 1e-3 / 50, 1e-3, 0.05, 0.5, 0.9, 0.999)
        rows += [(k, n, alpha) for k in sorted(ks) if 1 <= k <= n for alpha in levels]
    for _ in range(400):
        n = int(10 ** draw.uniform(0, 6))
        rows.append((draw.randint(1, n), n, 10 ** draw.uniform(-30, -0.1)))
    return rows


def exact(text):
    """A hexadecimal floating-point number, whose mantissa may have 64 bits."""
    digits, exponent = text.lower().removeprefix("0x").split("p")
    whole, _, fraction = digits.partition(".")
    return mp.mpf(int(whole + fraction, 16)) * mp.mpf(2) ** (int(exponent) - 4 * len(fraction))


def continued_fraction(a, b, x):
    """DLMF 8.17.22 by the modified Lentz method."""
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
        if abs(c * d - 1) < mp.mpf(10) ** -40:
            return h


def tail(a, b, x):
    a, b = mp.mpf(a), mp.mpf(b)
    beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    front = mp.exp(a * mp.log(x) + b * mp.log1p(-x) - beta)
    if x < (a + 1) / (a + b + 2):
        return front * continued_fraction(a, b, x) / a
    return 1 - front * continued_fraction(b, a, 1 - x) / b


rows = cases()
with tempfile.TemporaryDirectory() as folder:
    source = pathlib.Path(folder) / "measure.cpp"
    source.write_text(PROGRAM)
    subprocess.run(["g++", "-std=c++17", "-O2", "-o", f"{folder}/measure", source], check=True)
    given = "".join(f"{k} {n} {alpha!r}\n" for k, n, alpha in rows)
    found = subprocess.run([f"{folder}/measure"], input=given, capture_output=True, text=True, check=True).stdout

worst = {}
for (k, n, alpha), line in zip(rows, found.splitlines(), strict=True):
    bound, value = map(exact, line.split())
    right = tail(k, n - k + 1, bound)
    error = float(abs(value - right) / right)
    ratio = (2.0**-43 + 2.0**-62 * (n + 1)) / max(error, 1e-30)
    decade = len(str(n)) - 1
    count, most, least = worst.get(decade, (0, 0.0, float("inf")))
    worst[decade] = (count + 1, max(most, error), min(least, ratio))
for decade, (count, most, least) in sorted(worst.items()):
    print(f"n from 1e{decade}: {count} cases, largest relative error {most:.2g}, allowance at least {least:.3g} times it")
sys.exit(any(least < 8 for _, _, least in worst.values()))
