import Basics
import Diffusion

/// `ndc losses`: the losses of given images under a given grid and given noise (Docs/CommandLine.md, Arrays).
///
/// No step is skipped but EPNDC's with s_t ≤ σ_τ, nothing is clipped, sums are in double precision. Noise row t serves
/// level t (EPNDC: step t) for every image and class.
public struct LossesComputation: Sendable {
  /// How many images a worker holds at once.
  private static let imagesAtOnce = 64

  private let classifier: any LossClassifier
  private let rows: GivenNoise

  /// - Parameters:
  ///   - specification: method, weighting, calibration and σ; its own grid, noise sharing and elimination are not
  ///     used.
  ///   - grid: T ≥ 2 levels s_t in model space, finite, positive, ascending, taken as they are.
  ///   - noise: T×C×H×W finite values of N(0, 1).
  /// - Throws: `InputError` for an unusable grid or noise or an unsuitable denoiser; `UsageError` for impossible options.
  public init(
    specification: ClassifierSpecification, denoiser: any Denoiser, grid: [Double], noise: [Float]
  ) throws {
    guard grid.count >= 2 else {
      throw InputError(
        "the noise grid is too short for a spacing", expected: "at least 2 levels", found: "\(grid.count)")
    }
    let pixelCount = denoiser.imageShape.count
    let (needed, overflows) = grid.count.multipliedReportingOverflow(by: pixelCount)
    guard !overflows, noise.count == needed else {
      throw InputError(
        "the noise does not fit the grid and the model", expected: "\(grid.count)×\(denoiser.imageShape) values",
        found: "\(noise.count)")
    }
    if let place = noise.firstIndex(where: { !$0.isFinite }) {
      throw InputError(
        "the noise is not finite", location: "noise[\(place / pixelCount)], value \(place % pixelCount)",
        found: "\(noise[place])")
    }
    guard specification.sigma.isFinite, specification.sigma >= 0 else {
      throw UsageError("\(.sigma) \(specification.sigma): must be finite and not negative")
    }
    var specification = specification
    specification.noiseSharing = .shared
    specification.elimination = .none
    classifier = try specification.makeClassifier(denoiser: denoiser, grid: try NoiseGrid(points: grid))
    rows = GivenNoise(rows: noise, pixelCount: pixelCount)
  }

  /// Denoiser evaluations of an image.
  public var evaluationsPerImage: Int { classifier.plan.evaluationsPerVote() }

  /// L_y for every image and class, [N][K].
  ///
  /// - Parameter pixels: N×C×H×W values in pixels: clean for `dc`, already noisy for the others.
  /// - Throws: `InputError` when the count is no multiple of C·H·W or a value is not finite; `CancellationError`;
  ///   whatever the denoiser throws.
  public func losses(pixels: [Float]) throws -> [[Double]] {
    let pixelCount = classifier.imageShape.count
    guard pixels.count % pixelCount == 0 else {
      throw InputError(
        "the images do not fit the model", expected: "a multiple of \(classifier.imageShape) values",
        found: "\(pixels.count)")
    }
    if let place = pixels.firstIndex(where: { !$0.isFinite }) {
      throw InputError(
        "an image is not finite", location: "x[\(place / pixelCount)], value \(place % pixelCount)",
        found: "\(pixels[place])")
    }
    let worker = try classifier.makeWorker()
    let starts = Array(stride(from: 0, to: pixels.count, by: pixelCount))
    var losses = [[Double]]()
    for group in stride(from: 0, to: starts.count, by: Self.imagesAtOnce) {
      let inputs = starts[group..<min(group + Self.imagesAtOnce, starts.count)].map { start in
        ClassifierInput(image: ModelSpace.fromPixels(Array(pixels[start..<start + pixelCount])), noise: rows)
      }
      losses += try worker.classLosses(inputs).map(\.losses)
    }
    return losses
  }
}

/// Noise read from a file: row t for level t, the same for every class.
private struct GivenNoise: ClassifierNoise, Sendable {
  var rows: [Float]
  var pixelCount: Int

  func fill(_ epsilon: UnsafeMutableBufferPointer<Float>, level: Int, label: Int?) {
    for pixel in 0..<pixelCount { epsilon[pixel] = rows[level * pixelCount + pixel] }
  }
}
