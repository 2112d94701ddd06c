import Basics
import Checkpoints
import Diffusion
import OneDNN

/// A network as a denoiser, under its preconditioner (Docs/Mathematics.md, The denoiser;
/// Docs/Networks.md).
///
/// Every evaluation runs in sub-batches of one fixed shape, padded when the last is not full, so that an image's result
/// never depends on its companions or on how many there are.
public final class UNetDenoiser: Denoiser {
  public let architecture: Architecture
  /// The precision in use, which is not the one asked for where the machine lacks its instructions.
  public let precision: Precision
  public let kernels: KernelSet
  /// How bytes are used, where the precision is int8.
  public let arithmetic: Int8Arithmetic?
  let network: CompiledNetwork

  /// - Parameters:
  ///   - precision: what to compute in; see `Precision.availableHere`.
  ///   - subBatch: images per run of the network; part of the result's identity, so leave it to the default.
  /// - Throws: `InputError` when the checkpoint's tensors do not make the network its architecture describes, or its
  ///   quantisation does not fit it; for int8 also when it has none.
  public convenience init(
    _ checkpoint: Checkpoint, precision: Precision = .fp32, kernels: KernelSet = .best, subBatch: Int? = nil
  ) throws {
    try self.init(checkpoint, precision: precision, kernels: kernels, subBatch: subBatch, arithmetic: .here)
  }

  /// - Parameter arithmetic: how int8 uses its bytes; what the machine computes exactly, unless a test says otherwise.
  package init(
    _ checkpoint: Checkpoint, precision: Precision, kernels: KernelSet = .best, subBatch: Int? = nil,
    arithmetic: Int8Arithmetic
  ) throws {
    architecture = checkpoint.architecture
    self.precision = precision.availableHere
    self.kernels = kernels
    self.arithmetic = self.precision == .int8 ? arithmetic : nil
    do {
      network = try CompiledNetwork(
        checkpoint, batch: subBatch ?? Self.subBatch(for: checkpoint.architecture),
        activations: self.precision.activations, plan: Self.plan(checkpoint, self.precision, arithmetic),
        kernels: kernels)
    } catch let error as InputError {
      throw error.inFile(checkpoint.file)
    }
  }

  private static func plan(
    _ checkpoint: Checkpoint, _ precision: Precision, _ arithmetic: Int8Arithmetic
  ) throws -> QuantizationPlan {
    guard precision == .int8 else { return .none }
    guard let quantization = checkpoint.quantization else {
      throw InputError(
        "int8 needs ranges for the activations, and this model has none; make a model that has them with "
          + "`ndc quantize MODEL OUT.safetensors --calibration SRC`",
        location: "metadata \"ndc.quantization\"")
    }
    return .bytes(quantization, arithmetic)
  }

  /// Few images, so that activations stay in cache, workers share small jobs evenly and memory stays small; measured,
  /// more are no faster.
  static func subBatch(for architecture: Architecture) -> Int {
    let pixels = architecture.imageResolution * architecture.imageResolution
    // A multi-head network's lower levels have few positions for many weights: 7 % faster than at 4, and the votes that a
    // worker takes at once.
    let most = if case .multiHead = architecture.network { 8 } else { 4 }
    return max(1, min(most, 8 * 1024 / pixels))
  }

  public var imageShape: ImageShape { architecture.imageShape }
  public var classCount: Int { architecture.labelDimension }
  public var isUnconditionalAvailable: Bool { architecture.answersWithoutLabel }
  public var scope: EvaluationScope { network.definition.answersAllLabels ? .classesAndNone : .oneLabel }
  public var preferredBatchSize: Int { network.program.batch }

  /// Operations of the convolutions and matrix products of one evaluation, two for every product: of the network as it
  /// is described, whether or not its steps do with fewer.
  public var arithmeticPerEvaluation: Int { network.program.arithmeticPerEvaluation }

  /// The kernels in use in one line, as a record names them.
  public var kernelDescription: String {
    arithmetic.map { "\(kernels.rawValue), \($0)" } ?? kernels.rawValue
  }

  /// How many convolutions can run on bytes; those that the checkpoint's quantisation names do so in int8.
  public var quantizableConvolutions: Int { network.quantizableConvolutions }

  /// Bytes of scratch memory one worker takes.
  public var workerBytes: Int { network.program.workerBytes }

  /// The kernels in use, by step, for `inspect` and for finding a slow one.
  public var implementations: [(step: String, kernel: String)] {
    network.program.steps.map { ($0.name, $0.implementation) }
  }

  public func makeEvaluator() throws -> any DenoiserEvaluator { try UNetEvaluator(network) }
}

extension Architecture {
  /// Whether the network was trained without a label too, or a row of zeros is to stand for none.
  package var answersWithoutLabel: Bool {
    guard case .ddpm(let network) = network else { return true }
    return network.answersWithoutLabel
  }
}
