import Foundation

/// How a network trained on T discrete steps of DDPM's process denoises at any σ.
///
/// σ_j = √((1 − ā_j)/ā_j), ā_j = Π_{i ≤ j} (1 − β_i), j = 0 … T − 1. The network is given x/√(σ² + 1) and t(σ), linear in
/// ln σ between the σ_j and clamped, or the j of the nearest ln σ_j, times a scale.
public struct DiscreteSchedule: Hashable, Sendable, Codable {
  public enum Prediction: String, Sendable, Codable, CaseIterable {
    /// D = x − σ·out.
    case epsilon
    /// D = out.
    case sample
    /// D = x/(σ² + 1) − σ/√(σ² + 1)·out.
    case velocity = "v_prediction"
  }

  /// Where the β come from.
  public enum Betas: String, Sendable, Codable, CaseIterable {
    /// Evenly spaced from start to end.
    case linear
    /// Squares of evenly spaced roots.
    case scaledLinear = "scaled_linear"
    /// min(1 − ᾱ((i+1)/T)/ᾱ(i/T), 0.999), ᾱ(u) = cos²(½π(u + 0.008)/1.008).
    case cosine
    case listed
  }

  public var betas: Betas
  public var steps: Int
  /// Of `linear` and `scaledLinear`.
  public var start: Double
  public var end: Double
  /// Of `listed`.
  public var list: [Double]
  public var prediction: Prediction
  public var rounds: Bool
  public var timestepScale: Double

  public static let maximumSteps = 100_000

  /// σ_0 … σ_{T−1}, ascending.
  public func sigmas() -> [Double] {
    var product = 1.0
    return (0..<steps).map { step in
      product *= 1 - beta(step)
      return ((1 - product) / product).squareRoot()
    }
  }

  private func beta(_ step: Int) -> Double {
    func even(_ first: Double, _ last: Double) -> Double {
      steps == 1 ? first : first + (last - first) * Double(step) / Double(steps - 1)
    }
    switch betas {
    case .linear: return even(start, end)
    case .scaledLinear:
      let root = even(start.squareRoot(), end.squareRoot())
      return root * root
    case .cosine:
      func remaining(_ share: Double) -> Double {
        let cosine = cos((share + 0.008) / 1.008 * .pi / 2)
        return cosine * cosine
      }
      return min(1 - remaining(Double(step + 1) / Double(steps)) / remaining(Double(step) / Double(steps)), 0.999)
    case .listed: return list[step]
    }
  }
}
