import Basics
import Foundation

/// The exact denoiser of a Gaussian mixture, in closed form: an oracle for tests and demonstrations.
///
/// p(x_0|y) ∝ Σ_{k: y_k = y} w_k N(x_0; μ_k, v_k I). Then p_s(x|y) is the mixture with variances v_k + s², and
/// D(x; s, y) = Σ_k r_k(x)·(s² μ_k + v_k x)/(s² + v_k) with r_k the posterior probability of component k. Without a
/// label all components count, by their weights.
public struct GaussianMixtureDenoiser: Denoiser {
  /// One component of the mixture.
  public struct Component: Hashable, Sendable {
    public var label: Int
    /// w_k > 0; need not be normalised.
    public var weight: Double
    /// μ_k, C·H·W values in model space.
    public var mean: [Double]
    /// v_k ≥ 0, the same in every direction.
    public var variance: Double

    public init(label: Int, weight: Double = 1, mean: [Double], variance: Double) {
      self.label = label
      self.weight = weight
      self.mean = mean
      self.variance = variance
    }
  }

  public let imageShape: ImageShape
  public let classCount: Int
  public let preferredBatchSize: Int
  public let components: [Component]
  public var isUnconditionalAvailable: Bool { true }

  /// - Precondition: every class 0 ..< K has a component, every mean has C·H·W values.
  public init(imageShape: ImageShape, components: [Component], preferredBatchSize: Int = 16) {
    precondition(components.allSatisfy { $0.mean.count == imageShape.count && $0.weight > 0 && $0.variance >= 0 })
    let labels = Set(components.map(\.label))
    precondition(!labels.isEmpty && labels == Set(0..<labels.count), "every class needs a component")
    self.imageShape = imageShape
    self.components = components
    self.preferredBatchSize = preferredBatchSize
    classCount = labels.count
  }

  /// log p_s(x|y), or log p_s(x) without a label, in nats.
  public func logDensity(of x: [Double], noise: ModelNoise, label: Int?) -> Double {
    let (chosen, logarithms) = logJoint(x, noise, label)
    return logSumExp(logarithms) - log(chosen.reduce(0) { $0 + $1.weight })
  }

  /// D(x; s, y) in double precision.
  public func posteriorMean(of x: [Double], noise: ModelNoise, label: Int?) -> [Double] {
    let (chosen, logarithms) = logJoint(x, noise, label)
    let total = logSumExp(logarithms)
    let squared = noise.sigma * noise.sigma
    var mean = [Double](repeating: 0, count: x.count)
    for (component, logarithm) in zip(chosen, logarithms) {
      let responsibility = exp(logarithm - total)
      for index in x.indices {
        mean[index] +=
          responsibility * (squared * component.mean[index] + component.variance * x[index])
          / (squared + component.variance)
      }
    }
    return mean
  }

  public func makeEvaluator() -> any DenoiserEvaluator { GaussianMixtureEvaluator(self) }

  /// log w_k N(x; μ_k, (v_k + s²) I) of the components that count.
  private func logJoint(_ x: [Double], _ noise: ModelNoise, _ label: Int?) -> ([Component], [Double]) {
    let chosen = components.filter { label == nil || $0.label == label }
    let logarithms = chosen.map { component in
      let variance = component.variance + noise.sigma * noise.sigma
      var distance = 0.0
      for (value, mean) in zip(x, component.mean) { distance += (value - mean) * (value - mean) }
      return log(component.weight) - distance / (2 * variance)
        - Double(x.count) / 2 * log(2 * Double.pi * variance)
    }
    return (chosen, logarithms)
  }
}

private final class GaussianMixtureEvaluator: DenoiserEvaluator {
  private let denoiser: GaussianMixtureDenoiser

  init(_ denoiser: GaussianMixtureDenoiser) { self.denoiser = denoiser }

  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) {
    let count = denoiser.imageShape.count
    for (place, query) in queries.enumerated() {
      let x = inputs[place * count..<(place + 1) * count].map(Double.init)
      for (index, value) in denoiser.posteriorMean(of: x, noise: query.noise, label: query.label).enumerated() {
        outputs[place * count + index] = Float(value)
      }
    }
  }
}

/// log Σ exp(x_i), without overflow or underflow.
package func logSumExp(_ values: [Double]) -> Double {
  guard let largest = values.max(), largest.isFinite else { return values.max() ?? -.infinity }
  return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
}
