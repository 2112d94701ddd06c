import Basics

/// What one image of a batch is denoised at: a noise level and a class, or none for the unconditional denoiser.
public struct DenoiserQuery: Hashable, Sendable {
  /// s, in model space; finite and positive.
  public var noise: ModelNoise
  /// y in 0 ..< classCount, or nil for D(x; s, none).
  public var label: Int?

  public init(noise: ModelNoise, label: Int?) {
    self.noise = noise
    self.label = label
  }
}

/// D(x; s, y), the estimate of E[x_0 | x_s = x, y] where x_s = x_0 + s·ε (Docs/Mathematics.md, The denoiser).
///
/// A denoiser is immutable and shared; the scratch memory lives in evaluators, one per worker.
public protocol Denoiser: Sendable {
  var imageShape: ImageShape { get }
  /// K, the number of classes; 0 for a model without labels.
  var classCount: Int { get }
  /// What the model calls the K classes: 0 ..< K unless it is asked for some of its classes only.
  var classes: ClassSet { get }
  /// Whether queries without a label are answered.
  var isUnconditionalAvailable: Bool { get }
  /// What one evaluation answers; a multi-head network's is every class and none.
  var scope: EvaluationScope { get }
  /// How often an evaluation runs the network: what records count.
  var passes: Int { get }
  /// How many queries a call should carry to run at full speed; results never depend on it.
  var preferredBatchSize: Int { get }
  /// Whether it lives in another process, where it can become another model while it is used.
  var isServedElsewhere: Bool { get }
  /// Asks whether it is still the model that was opened; may block.
  ///
  /// - Throws: an error that ends the run where it is not, or where it cannot be asked.
  func requireUnchanged() throws
  func makeEvaluator() throws -> any DenoiserEvaluator
}

extension Denoiser {
  public var classes: ClassSet { ClassSet(count: classCount) }
  public var scope: EvaluationScope { .oneLabel }
  public var passes: Int { 1 }
}

/// One worker's way to evaluate a denoiser; owns its scratch memory, used from one thread at a time.
public protocol DenoiserEvaluator: AnyObject {
  /// Writes D(x_i; s_i, y_i) for every query.
  ///
  /// The result for an image is the same bit for bit whatever the other images and the batch size. A call may block,
  /// for another process or a device: runs call it on threads of their own.
  ///
  /// - Parameters:
  ///   - queries: n noise levels and labels, any n ≥ 0.
  ///   - inputs: n×C×H×W floats in model space.
  ///   - outputs: n×C×H×W floats in model space; must not overlap the inputs.
  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) throws

  /// Writes D(x_i; s_i, y) for every x_i and each of `labels`, from one evaluation of each x_i: bit for bit what a query
  /// for that label gives.
  ///
  /// Asked of denoisers whose ``Denoiser/scope`` covers the labels.
  /// - Parameters:
  ///   - noises: n noise levels, any n ≥ 0.
  ///   - inputs: n×C×H×W floats in model space.
  ///   - outputs: n×`labels.count`×C×H×W floats in model space; must not overlap the inputs.
  func denoise(
    _ noises: [ModelNoise], labels: [Int?], inputs: UnsafeBufferPointer<Float>,
    outputs: UnsafeMutableBufferPointer<Float>
  ) throws
}

extension DenoiserEvaluator {
  public func denoise(
    _ noises: [ModelNoise], labels: [Int?], inputs: UnsafeBufferPointer<Float>,
    outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    preconditionFailure("an evaluation of this denoiser answers one label")
  }
}

extension Denoiser {
  public var isServedElsewhere: Bool { false }
  public func requireUnchanged() throws {}
}
