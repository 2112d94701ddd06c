/// Wilson's score interval of a success probability (1927): approximate, narrower than Clopper–Pearson's.
public enum WilsonInterval {
  /// (p̂ + z²/2n ± z·√(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n), z = Φ⁻¹(1 − α/2), of confidence about 1 − α; [0, 1] at n = 0.
  ///
  /// - Precondition: 0 ≤ successes ≤ trials, 0 < α < 1.
  public static func interval(successes: Int, trials: Int, alpha: Double = 0.05) -> ClosedRange<Double> {
    precondition(successes >= 0 && successes <= trials, "\(successes) successes in \(trials) trials")
    precondition(alpha > 0 && alpha < 1, "α = \(alpha) is not between 0 and 1")
    guard trials > 0 else { return 0...1 }
    let z = NormalDistribution.quantile(survival: alpha / 2)
    let n = Double(trials)
    let proportion = Double(successes) / n
    let scale = 1 + z * z / n
    let centre = (proportion + z * z / (2 * n)) / scale
    let half = z * (proportion * (1 - proportion) / n + z * z / (4 * n * n)).squareRoot() / scale
    // At the ends the sum is exactly 0 or 1 but for rounding.
    let lower = successes == 0 ? 0 : max(0, centre - half)
    let upper = successes == trials ? 1 : min(1, centre + half)
    return lower...upper
  }
}
