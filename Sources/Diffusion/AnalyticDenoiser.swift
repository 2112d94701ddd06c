import Basics
import CNearest
import Foundation

/// The exact denoiser of a labelled set {x_i} (Docs/Mathematics.md, The denoiser): no network, the ground truth of
/// tests, `--model analytic:SRC`.
///
/// D*(x; s, y) = Σ_{i: y_i = y} x_i · softmax_i(−‖x − x_i‖²/2s²), the posterior mean under the empirical distribution
/// of the class; without a label the sum is over the whole set. p_s(x|y) is then the Gaussian kernel density
/// (1/n_y) Σ_i N(x; x_i, s² I), which `logDensity` evaluates.
///
/// A class without examples, where one is allowed (a class folder may be empty), is never chosen: its density is zero, and its denoiser answers a point so
/// far away (`farAway`) that its loss exceeds every other class's.
///
/// Distances come from blocked products, ‖x‖² + ‖x_i‖² − 2x·x_i in double precision; where that would cancel, those
/// that matter are computed again from the differences. Exact to float's last digits at every s.
public struct AnalyticDenoiser: Denoiser {
  public let imageShape: ImageShape
  public let classCount: Int
  public var isUnconditionalAvailable: Bool { true }
  /// Sixteen images for each class: the points of a class are read once for all its queries.
  public var preferredBatchSize: Int { min(16 * classCount, 512) }

  /// What every value is denoised to under a class without examples: finite, since a weight of 0 times an infinite error
  /// would be no number.
  static let farAway: Float = 1e9

  let examples: NearestSet
  let instructions: ndc_instruction_set

  /// - Parameters:
  ///   - images: N×C×H×W finite values in model space.
  ///   - labels: N classes in 0 ..< K.
  ///   - classCount: K.
  ///   - allowsEmptyClasses: whether a class may have no example.
  ///   - usesBestInstructions: false to run the portable kernels, for tests.
  /// - Throws: `InputError` when counts or labels do not fit, a value is not finite, there is no image or a class is
  ///   empty that may not be.
  public init(
    images: [Float], labels: [Int], imageShape: ImageShape, classCount: Int, allowsEmptyClasses: Bool = false,
    usesBestInstructions: Bool = true
  ) throws {
    let length = imageShape.count
    let (needed, overflows) = labels.count.multipliedReportingOverflow(by: length)
    guard length > 0, classCount > 0, !overflows, images.count == needed else {
      throw InputError(
        "images and labels do not fit", expected: "\(labels.count) images of \(imageShape)",
        found: "\(images.count) values")
    }
    var members = [[Int]](repeating: [], count: classCount)
    for (index, label) in labels.enumerated() {
      guard (0..<classCount).contains(label) else {
        throw InputError(
          "unknown label", location: "image \(index)", expected: "0 … \(classCount - 1)", found: "\(label)")
      }
      members[label].append(index)
    }
    if let empty = members.firstIndex(where: \.isEmpty), !allowsEmptyClasses || labels.isEmpty {
      throw InputError("class \(empty) has no example: its density does not exist")
    }
    if let place = images.firstIndex(where: { !$0.isFinite }) {
      throw InputError(
        "an image is not finite", location: "image \(place / length), value \(place % length)",
        found: "\(images[place])")
    }
    self.imageShape = imageShape
    self.classCount = classCount
    examples = NearestSet(images: images, members: members, length: length)
    instructions = usesBestInstructions ? ndc_best_instructions() : NDC_PORTABLE
  }

  /// The number of images in the set.
  public var imageCount: Int { examples.norms.count }

  /// log p_s(x|y), or log p_s(x) of the whole set without a label, in nats; exact, normalising constant included.
  ///
  /// - Parameter x: C·H·W values in model space.
  public func logDensity(of x: [Float], noise: ModelNoise, label: Int?) -> Double {
    precondition(x.count == imageShape.count, "an image of \(x.count) values, not \(imageShape)")
    let range = examples.range(of: label)
    if range.isEmpty { return -.infinity }
    var search = NearestSearch(examples: examples, instructions: instructions)
    let query = search.weigh([x.map(Double.init)], noises: [noise], range: range)[0]
    let s = noise.sigma
    return -query.smallest / s / s / 2 + log(query.total) - log(Double(range.count))
      - Double(x.count) * (log(s) + log(2 * Double.pi) / 2)
  }

  public func makeEvaluator() -> any DenoiserEvaluator { AnalyticEvaluator(self) }
}

/// Groups queries by class and answers them a block at a time.
private final class AnalyticEvaluator: DenoiserEvaluator {
  private let denoiser: AnalyticDenoiser
  private var search: NearestSearch

  init(_ denoiser: AnalyticDenoiser) {
    self.denoiser = denoiser
    search = NearestSearch(examples: denoiser.examples, instructions: denoiser.instructions)
  }

  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    for (place, query) in queries.enumerated() {
      guard query.label.map((0..<denoiser.classCount).contains) ?? true else {
        throw InputError(
          "unknown label", location: "query \(place)", expected: "0 … \(denoiser.classCount - 1)",
          found: query.label.map { "\($0)" })
      }
      guard query.noise.sigma.isFinite, query.noise.sigma > 0 else {
        throw InputError(
          "impossible noise level", location: "query \(place)", expected: "a finite positive number",
          found: "\(query.noise.sigma)")
      }
    }
    let length = denoiser.imageShape.count
    var share = EvaluationShare(queries.count)
    defer { share.end() }
    var done = 0
    for (label, places) in Dictionary(grouping: queries.indices, by: { queries[$0].label }) {
      let range = denoiser.examples.range(of: label)
      if range.isEmpty {
        for place in places {
          for index in 0..<length { outputs[place * length + index] = AnalyticDenoiser.farAway }
        }
        continue
      }
      for start in stride(from: 0, to: places.count, by: NearestSearch.queriesAtOnce) {
        let block = places[start..<min(start + NearestSearch.queriesAtOnce, places.count)]
        if Task.isCancelled { throw CancellationError() }
        let means = search.posteriorMeans(
          block.map { inputs[$0 * length..<($0 + 1) * length].map(Double.init) },
          noises: block.map { queries[$0].noise }, range: range)
        for (position, place) in block.enumerated() {
          for index in 0..<length { outputs[place * length + index] = Float(means[position * length + index]) }
        }
        done += block.count
        share.reach(Double(done) / Double(queries.count))
      }
    }
  }
}
