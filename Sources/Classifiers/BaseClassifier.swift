import Basics
import Diffusion

/// The noise a classifier adds by itself (its own ε, not the smoothing δ).
public protocol ClassifierNoise {
  /// Fills `epsilon` (C·H·W values) with the N(0, I) draw for grid row `level`; `label` is nil when every class shares
  /// it (Docs/Mathematics.md, Shared noise).
  func fill(_ epsilon: UnsafeMutableBufferPointer<Float>, level: Int, label: Int?)
}

/// One image to classify, in model space, together with its own noise.
public struct ClassifierInput {
  /// C·H·W values: clean for `dc`, already noisy at σ_τ for the noised classifiers.
  public var image: [Float]
  public var noise: any ClassifierNoise

  public init(image: [Float], noise: any ClassifierNoise) {
    self.image = image
    self.noise = noise
  }
}

/// One loss per class (Docs/Mathematics.md, Losses and predictions): the prediction is the arg min, ties to the lowest
/// index.
public struct ClassLosses: Hashable, Sendable {
  /// L_y by the place of y, 0 ..< K; +∞ for a class that was dropped before the end.
  public var losses: [Double]
  /// Denoiser evaluations spent (NFE), x̂ included.
  public var evaluations: Int

  public init(losses: [Double], evaluations: Int) {
    self.losses = losses
    self.evaluations = evaluations
  }
}

/// A classifier of images by a diffusion model's per-class losses: f in Docs/Mathematics.md, Smoothing and votes.
public protocol BaseClassifier: Sendable {
  var imageShape: ImageShape { get }
  var classCount: Int { get }
  /// What the model calls the K classes; losses go by their places.
  var classes: ClassSet { get }
  /// σ, the smoothing noise it was made for, in pixels; nil where it was made for none.
  var smoothing: PixelNoise? { get }
  /// Whether a model of it lives in another process, where it can become another while it is used.
  var isServedElsewhere: Bool { get }
  /// Asks whether its models are still those that were opened; may block.
  ///
  /// - Throws: an error that ends the run where they are not, or where they cannot be asked.
  func requireUnchanged() throws
  func makeWorker() throws -> any ClassifierWorker
}

extension BaseClassifier {
  public var isServedElsewhere: Bool { false }
  public func requireUnchanged() throws {}
  public var classes: ClassSet { ClassSet(count: classCount) }
  public var smoothing: PixelNoise? { nil }
}

/// One worker's way to classify; owns scratch memory, used from one thread at a time.
public protocol ClassifierWorker: AnyObject {
  /// The losses of each input. An input's losses depend on that input alone, never on its companions.
  ///
  /// - Throws: `CancellationError` as soon as the surrounding task is cancelled; whatever the denoiser throws.
  func classLosses(_ inputs: [ClassifierInput]) throws -> [ClassLosses]
}
