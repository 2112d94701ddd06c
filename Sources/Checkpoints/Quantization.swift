import Basics

/// How a network's convolutions take their inputs in 8 bits: the static ranges that `ndc quantize` measured.
///
/// An input x of a quantised convolution becomes q = clamp(round(x/s) + z, 0, 255), and stands for s·(q − z). Scale s
/// and zero point z belong to the convolution, not to the image: a result never depends on its companions. A convolution
/// without an entry stays in the higher precision.
public struct Quantization: Hashable, Sendable {
  /// The layout of this description in a file.
  public static let version = 1

  /// What a quantised convolution's input is divided by, and what stands for zero.
  public struct Input: Hashable, Sendable {
    /// s, finite and within `scales`.
    public var scale: Float
    /// z in 0…255.
    public var zeroPoint: Int

    public init(scale: Float, zeroPoint: Int) {
      self.scale = scale
      self.zeroPoint = zeroPoint
    }

    /// Scales that leave room for products with weights, whatever these are.
    public static let scales: ClosedRange<Float> = 0x1p-60...0x1p60
  }

  /// How a range was chosen from the values seen.
  public enum Rule: String, Sendable, Codable, CaseIterable {
    /// From the smallest value to the largest.
    case full
    /// From the 0.01 % quantile to the 99.99 % one.
    case percentile
    /// The range of least mean squared error.
    case leastSquares = "least-squares"
  }

  /// On what the ranges were measured.
  public struct Calibration: Hashable, Sendable {
    /// The data set's name and SHA-256.
    public var data: String
    public var digest: String
    public var images: Int
    /// Noise levels in model space.
    public var levels: [Double]
    public var seed: UInt64
    public var rule: Rule

    public init(data: String, digest: String, images: Int, levels: [Double], seed: UInt64, rule: Rule) {
      self.data = data
      self.digest = digest
      self.images = images
      self.levels = levels
      self.seed = seed
      self.rule = rule
    }
  }

  /// `Checkpoint.weightsDigest()` of the weights that were running: ranges fit no others.
  public var weights: String
  public var calibration: Calibration
  /// By the convolution's path, such as `model.enc.32x32_block0.conv0`.
  public var inputs: [String: Input]

  public init(weights: String, calibration: Calibration, inputs: [String: Input]) {
    self.weights = weights
    self.calibration = calibration
    self.inputs = inputs
  }
}

extension Checkpoint {
  /// SHA-256 of the tensors' names, types, shapes and values, sorted by name: the same in every file that holds them.
  /// Where a description says what the network is, it is part of it.
  public func weightsDigest() -> String {
    var digest = SHA256Digest()
    for item in (notes.description ?? []).sorted(by: { $0.key < $1.key }) {
      Array("\(item.key) = \(item.value)\n".utf8).withUnsafeBytes { digest.update($0) }
    }
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let heading = "\(name.utf8.count) \(name) \(tensor.elementType.rawValue) \(tensor.shape)\n"
      Array(heading.utf8).withUnsafeBytes { digest.update($0) }
      tensor.withContiguousBytes { digest.update($0) }
    }
    return digest.finish()
  }
}
