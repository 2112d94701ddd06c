import Basics
import Classifiers

/// g(x) = arg max_c P(f(x + δ) = c), δ ~ N(0, σ²I) in pixels (Docs/Mathematics.md, Smoothing and votes): a base
/// classifier and its smoothing noise.
///
/// f may be random itself: its ε is drawn afresh for every vote, and the certificate holds for the probability over
/// both.
public struct SmoothedClassifier: Sendable {
  /// f.
  public let base: any BaseClassifier
  /// σ, in pixels.
  public let sigma: PixelNoise

  /// - Parameter sigma: nil for the noise that the classifier was made for.
  /// - Throws: `UsageError` unless σ is finite and positive, and the one that the classifier was made for, if it was made
  ///   for one.
  public init(base: any BaseClassifier, sigma: PixelNoise? = nil) throws {
    guard let sigma = sigma ?? base.smoothing else {
      throw UsageError("this classifier was made for no smoothing noise of its own: name sigma")
    }
    try Self.check(sigma)
    if let expected = base.smoothing, expected != sigma {
      throw UsageError(
        "the classifier was made for the smoothing noise \(expected.sigma); it cannot be smoothed with \(sigma.sigma)")
    }
    self.base = base
    self.sigma = sigma
  }

  /// - Throws: `UsageError` unless σ is finite and positive.
  public static func check(_ sigma: PixelNoise) throws {
    guard sigma.sigma.isFinite, sigma.sigma > 0 else {
      throw UsageError("the smoothing noise must be a positive number, not \(sigma.sigma)")
    }
  }

  public var imageShape: ImageShape { base.imageShape }
  public var classCount: Int { base.classCount }
  /// What the model calls the K classes.
  public var classes: ClassSet { base.classes }

  /// One worker's way to cast votes.
  public func makeWorker() throws -> VoteWorker { try VoteWorker(base: base, sigma: sigma) }
}
