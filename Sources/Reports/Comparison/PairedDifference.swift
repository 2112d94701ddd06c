import Foundation
import Statistics

/// The mean of paired differences with a percentile bootstrap interval (Efron 1979), from a fixed seed.
///
/// Images are resampled with replacement, pairs kept together. Approximate, and good from some dozens of images on:
/// radii are far from normal, with a lump at 0, which is why no t interval is given.
public struct PairedDifference: Hashable, Sendable, Codable {
  public let mean: Double
  public let lower: Double
  public let upper: Double
  public let confidence: Double
  public let resamples: Int
  public let seed: UInt64
  /// Images on which A's value is larger, B's is, and neither.
  public let largerInA: Int
  public let largerInB: Int
  public let equal: Int

  public static let defaultSeed: UInt64 = 20_240_202

  /// B − A over the images.
  ///
  /// - Precondition: not empty, and as many values of A as of B.
  public init(a: [Double], b: [Double], confidence: Double = 0.95, seed: UInt64 = defaultSeed) {
    precondition(a.count == b.count && !a.isEmpty, "the same images, at least one")
    let differences = zip(a, b).map { $1 - $0 }
    let count = differences.count
    // Enough for two digits of the interval's ends; fewer where each costs more.
    resamples = max(1_000, min(10_000, 200_000_000 / count))
    self.seed = seed
    self.confidence = confidence
    mean = ExactSum.mean(differences)
    largerInA = differences.reduce(0) { $1 < 0 ? $0 + 1 : $0 }
    largerInB = differences.reduce(0) { $1 > 0 ? $0 + 1 : $0 }
    equal = count - largerInA - largerInB
    var generator = ResamplingGenerator(seed: seed)
    var means = (0..<resamples).map { _ in
      var sum = 0.0
      for _ in 0..<count { sum += differences[generator.index(below: count)] }
      return sum / Double(count)
    }
    means.sort()
    let tail = (1 - confidence) / 2
    lower = means[Int(tail * Double(resamples))]
    upper = means[max(0, Int(((1 - tail) * Double(resamples)).rounded(.up)) - 1)]
  }
}
