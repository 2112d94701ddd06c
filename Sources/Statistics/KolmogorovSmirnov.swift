import Foundation

/// The one-sample Kolmogorov–Smirnov test: do these numbers come from that continuous distribution?
public enum KolmogorovSmirnov {
  /// D = sup_x |F_n(x) − F(x)|, the largest distance between the empirical distribution of `samples` and `cdf`.
  ///
  /// - Precondition: `samples` is not empty and holds no NaN.
  public static func distance(_ samples: [Double], cdf: (Double) -> Double) -> Double {
    precondition(!samples.isEmpty, "no samples")
    let sorted = samples.sorted()
    let n = Double(sorted.count)
    var distance = 0.0
    for (index, sample) in sorted.enumerated() {
      precondition(!sample.isNaN, "a sample is not a number")
      let value = cdf(sample)
      distance = max(distance, Double(index + 1) / n - value, value - Double(index) / n)
    }
    return distance
  }

  /// Pr(D_n ≥ D) in the limit of many samples: Q(√n·D).
  ///
  /// The error of the limit is O(1/√n); use it for hundreds of samples or more.
  public static func pValue(distance: Double, count: Int) -> Double {
    survival(Double(count).squareRoot() * distance)
  }

  /// Q(λ) = 2·Σ_{j≥1} (−1)^{j−1}·exp(−2j²λ²), Kolmogorov's limit distribution; 1 for λ ≤ 0.
  public static func survival(_ lambda: Double) -> Double {
    guard lambda > 0 else { return 1 }
    if lambda < 1 {
      // The same function by theta inversion, which converges where the alternating series does not:
      // 1 − (√(2π)/λ)·Σ_{j≥1} exp(−(2j−1)²π²/(8λ²)).
      let exponent = -Double.pi * Double.pi / (8 * lambda * lambda)
      var sum = 0.0
      for odd in [1.0, 3, 5, 7] { sum += exp(odd * odd * exponent) }
      return 1 - (2 * Double.pi).squareRoot() / lambda * sum
    }
    var sum = 0.0
    for j in 1...6 {
      let term = exp(-2 * Double(j * j) * lambda * lambda)
      sum += j.isMultiple(of: 2) ? -2 * term : 2 * term
    }
    return sum
  }
}
