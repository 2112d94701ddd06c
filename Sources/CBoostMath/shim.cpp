#include "boost_math_shim.h"

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>

#include <cmath>
#include <limits>

namespace {

using Real = long double;
namespace policies = boost::math::policies;

// Overflow and underflow have the right limits (infinity, zero). Everything else throws and becomes NaN below:
// a value that did not converge must not pass for a bound.
using Policy = policies::policy<
    policies::domain_error<policies::throw_on_error>, policies::pole_error<policies::throw_on_error>,
    policies::evaluation_error<policies::throw_on_error>, policies::rounding_error<policies::throw_on_error>,
    policies::overflow_error<policies::ignore_error>, policies::underflow_error<policies::ignore_error>,
    policies::denorm_error<policies::ignore_error>, policies::promote_double<true>>;

constexpr Real rootTwo = 1.41421356237309504880168872420969807857L;

template <typename Body> double guarded(Body body) noexcept {
  try {
    return static_cast<double>(body(Policy()));
  } catch (...) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

// The largest x found with I_x(a, b) ≤ p, by bisection of ln x.
Real bisected(Real a, Real b, Real p, const Policy &policy) {
  Real low = std::log(std::numeric_limits<Real>::min()), high = 0;
  for (;;) {
    const Real middle = low + (high - low) / 2;
    if (!(low < middle && middle < high)) return std::exp(low);
    (boost::math::ibeta(a, b, std::exp(middle), policy) <= p ? low : high) = middle;
  }
}

// The x with I_x(a, b) = p. Boost's own search gives up on tails of about 1e-30 and less.
Real quantile(Real a, Real b, Real p, const Policy &policy) {
  try {
    return boost::math::ibeta_inv(a, b, p, policy);
  } catch (const boost::math::evaluation_error &) {
    return bisected(a, b, p, policy);
  }
}

Real quantileOfComplement(Real a, Real b, Real q, const Policy &policy) {
  try {
    return boost::math::ibetac_inv(a, b, q, policy);
  } catch (const boost::math::evaluation_error &) {
    return 1 - bisected(b, a, q, policy);
  }
}

// The largest double that is not above the value.
double below(Real value) {
  const double nearest = static_cast<double>(value);
  return Real(nearest) > value ? std::nextafter(nearest, -std::numeric_limits<double>::infinity()) : nearest;
}

// More than the relative error of ibeta(a, b, x): at least eleven times what it was found to be against 45 digits, for
// a + b from 2 to 1e8 and values from 1e-300 to 1.
Real tailAllowance(Real a, Real b) { return 0x1p-43L + 0x1p-62L * (a + b); }

// More than the relative error of erfc_inv: 128 of its units.
constexpr Real normalAllowance = 0x1p-56L;

// P(X > k) = I_p(k + 1, n − k).
Real survival(Real k, Real n, Real p, const Policy &policy) { return boost::math::ibeta(k + 1, n - k, p, policy); }
Real cumulative(Real k, Real n, Real p, const Policy &policy) { return boost::math::ibetac(k + 1, n - k, p, policy); }

bool isBinomial(double k, double n, double p) { return k >= 0 && k <= n && std::isfinite(n) && p >= 0 && p <= 1; }

} // namespace

extern "C" {

double ndc_ibeta(double a, double b, double x) {
  return guarded([=](const Policy &policy) { return boost::math::ibeta(Real(a), Real(b), Real(x), policy); });
}

double ndc_ibetac(double a, double b, double x) {
  return guarded([=](const Policy &policy) { return boost::math::ibetac(Real(a), Real(b), Real(x), policy); });
}

double ndc_ibeta_inv(double a, double b, double p) {
  return guarded([=](const Policy &policy) { return quantile(a, b, p, policy); });
}

double ndc_ibetac_inv(double a, double b, double q) {
  return guarded([=](const Policy &policy) { return quantileOfComplement(a, b, q, policy); });
}

double ndc_ibeta_inv_below(double a, double b, double p) {
  return guarded([=](const Policy &policy) -> Real {
    const Real allowance = tailAllowance(a, b);
    // Aimed twice as low as the check asks for, so that it seldom fails.
    double x = below(quantile(a, b, p * (1 - 2 * allowance), policy));
    for (double step = x - std::nextafter(x, 0); x > 0; step *= 2) {
      if (boost::math::ibeta(Real(a), Real(b), Real(x), policy) <= p * (1 - allowance)) break;
      x -= step;
    }
    return std::fmax(x, 0);
  });
}

double ndc_normal_cdf(double x) {
  return guarded([=](const Policy &policy) { return boost::math::erfc(-Real(x) / rootTwo, policy) / 2; });
}

double ndc_normal_survival(double x) { return ndc_normal_cdf(-x); }

double ndc_normal_quantile(double p) {
  return guarded([=](const Policy &policy) -> Real {
    if (p == 0 || p == 1) return p == 0 ? -std::numeric_limits<Real>::infinity() : std::numeric_limits<Real>::infinity();
    return -rootTwo * boost::math::erfc_inv(2 * Real(p), policy);
  });
}

double ndc_normal_quantile_below(double p) {
  return guarded([=](const Policy &policy) -> Real {
    if (p == 0 || p == 1) return p == 0 ? -std::numeric_limits<Real>::infinity() : std::numeric_limits<Real>::infinity();
    const Real value = -rootTwo * boost::math::erfc_inv(2 * Real(p), policy);
    return below(value - std::fabs(value) * normalAllowance);
  });
}

double ndc_normal_quantile_survival(double q) { return -ndc_normal_quantile(q); }

double ndc_binomial_pmf(double k, double n, double p) {
  return guarded([=](const Policy &policy) -> Real {
    if (!isBinomial(k, n, p)) return std::numeric_limits<Real>::quiet_NaN();
    if (p == 0) return k == 0 ? 1 : 0;
    if (p == 1) return k == n ? 1 : 0;
    return boost::math::ibeta_derivative(Real(k) + 1, Real(n) - k + 1, Real(p), policy) / (Real(n) + 1);
  });
}

double ndc_binomial_cdf(double k, double n, double p) {
  return guarded([=](const Policy &policy) -> Real {
    if (!isBinomial(k, n, p)) return std::numeric_limits<Real>::quiet_NaN();
    return k == n ? Real(1) : cumulative(k, n, p, policy);
  });
}

double ndc_binomial_survival(double k, double n, double p) {
  return guarded([=](const Policy &policy) -> Real {
    if (!isBinomial(k, n, p)) return std::numeric_limits<Real>::quiet_NaN();
    return k == n ? Real(0) : survival(k, n, p, policy);
  });
}
}
