#pragma once

// Boost.Math behind a C interface. Every function computes in long double, rounds the result to double once, and
// returns NaN for arguments outside its domain or where Boost reports that it did not converge; none throws.

#ifdef __cplusplus
extern "C" {
#endif

/// I_x(a, b), the regularized incomplete beta function, a, b > 0, 0 ≤ x ≤ 1.
double ndc_ibeta(double a, double b, double x);
/// 1 − I_x(a, b) without cancellation.
double ndc_ibetac(double a, double b, double x);
/// The x with I_x(a, b) = p.
double ndc_ibeta_inv(double a, double b, double p);
/// An x with I_x(a, b) ≤ p, as near to equality as the error of I_x(a, b) allows to tell.
double ndc_ibeta_inv_below(double a, double b, double p);
/// The x with 1 − I_x(a, b) = q.
double ndc_ibetac_inv(double a, double b, double q);

/// Φ(x).
double ndc_normal_cdf(double x);
/// 1 − Φ(x) without cancellation.
double ndc_normal_survival(double x);
/// Φ⁻¹(p); −∞ at 0 and +∞ at 1.
double ndc_normal_quantile(double p);
/// A number not above Φ⁻¹(p), and within a relative 2^-52 of it.
double ndc_normal_quantile_below(double p);
/// Φ⁻¹(1 − q) without cancellation; +∞ at 0 and −∞ at 1.
double ndc_normal_quantile_survival(double q);

/// P(X = k), X ~ Binomial(n, p); k and n are whole numbers, 0 ≤ k ≤ n.
double ndc_binomial_pmf(double k, double n, double p);
/// P(X ≤ k).
double ndc_binomial_cdf(double k, double n, double p);
/// P(X > k) without cancellation.
double ndc_binomial_survival(double k, double n, double p);

#ifdef __cplusplus
}
#endif
