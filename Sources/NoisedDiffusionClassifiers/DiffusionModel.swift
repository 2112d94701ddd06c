import Basics
import Checkpoints
import Classifiers
import Diffusion
import Foundation
import UNets

/// A network read from a file, ready to classify: what `ndc --model` opens.
///
/// ```swift
/// let model = try DiffusionModel.load("edm-cifar10-32x32-cond-vp.safetensors")
/// let smoothed = try SmoothedClassifier(model.classifier(sigma: 0.5))
/// ```
public struct DiffusionModel: Sendable {
  /// The file.
  public let path: String
  /// D(x; s, y).
  public let denoiser: any Denoiser
  /// What the network computes in; part of the classifier's identity.
  public let precision: Precision
  private let weightsDigest: @Sendable () -> String

  /// Loads an EDM checkpoint (`.pkl`, read without executing anything in it) or a `.safetensors` of `ndc convert`.
  ///
  /// Several threads may load at once. Nothing else in the process may make oneDNN primitives meanwhile: oneDNN 2 keeps
  /// what it knows of a convolution's type in a global while it looks for a kernel.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - precision: nil for what the preset fast takes: int8 where the model has ranges, otherwise bf16 where the
  ///     processor has it, otherwise fp32.
  ///   - unconditional: a second checkpoint that answers without a label; nil for the zero label of the first.
  /// - Throws: `InputError` naming the file and what is wrong in it.
  public static func load(
    _ path: String, precision: Precision? = nil, unconditional: String? = nil
  ) throws -> DiffusionModel {
    let checkpoint = try Checkpoint.load(path: path)
    let second = try unconditional.map { try Checkpoint.load(path: $0) }
    let hasRanges = checkpoint.quantization != nil && second.map { $0.quantization != nil } ?? true
    let precision = precision ?? (hasRanges ? .int8 : Precision.bf16.availableHere)
    let network = try UNetDenoiser(checkpoint, precision: precision)
    let denoiser: any Denoiser =
      try second.map {
        try PairedDenoiser(conditional: network, unconditional: UNetDenoiser($0, precision: precision))
      } ?? network
    return DiffusionModel(
      path: path, denoiser: denoiser, precision: network.precision, weightsDigest: { checkpoint.weightsDigest() })
  }

  public var imageShape: ImageShape { denoiser.imageShape }
  /// K.
  public var classCount: Int { denoiser.classCount }

  /// The classifier of the preset fast at σ, in pixels: the levels, weights and race of the calibration that lies
  /// beside the model, or default levels where there is none for this σ and method.
  ///
  /// - Throws: `InputError` for a calibration that cannot be read or a model without classes.
  public func classifier(
    _ method: ClassificationMethod = .approximatePosterior, sigma: Double
  ) throws -> any LossClassifier {
    try classifier(.fast(method: method, sigma: sigma, calibrated: calibration(method, sigma: sigma)))
  }

  /// The classifier that `specification` describes.
  ///
  /// - Throws: `UsageError` for an impossible specification, `InputError` where the model does not suit it.
  public func classifier(_ specification: ClassifierSpecification) throws -> any LossClassifier {
    try specification.makeClassifier(denoiser: denoiser)
  }

  /// What the calibration beside the model says about σ and the method; nil where there is none, or one of other
  /// weights.
  public func calibration(_ method: ClassificationMethod, sigma: Double) throws -> CalibrationTable.Entry? {
    let beside = CalibrationTable.path(besideModel: path)
    guard FileManager.default.fileExists(atPath: beside) else { return nil }
    let table = try CalibrationTable(path: beside)
    if let expected = table.model, expected != weightsDigest() { return nil }
    return table.entry(sigma: sigma, method: method)
  }
}
