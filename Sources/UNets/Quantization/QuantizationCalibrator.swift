import Basics
import Checkpoints
import Diffusion

/// Runs a network in fp32 and records what the convolutions that can take bytes take.
///
/// ```swift
/// let calibrator = try QuantizationCalibrator(checkpoint)
/// var values = try calibrator.measure(queries, inputs: images)
/// values.merge(try calibrator.measure(others, inputs: otherImages))
/// checkpoint.quantization = Quantization(
///   weights: checkpoint.weightsDigest(), calibration: …, inputs: try values.inputs(.leastSquares))
/// ```
public struct QuantizationCalibrator: Sendable {
  private let network: CompiledNetwork

  /// - Throws: `InputError` when the checkpoint's tensors do not make the network its architecture describes.
  public init(_ checkpoint: Checkpoint, kernels: KernelSet = .best) throws {
    do {
      // One image at a time: a sub-batch's padding would be counted too.
      network = try CompiledNetwork(
        checkpoint, batch: 1, activations: .float32, plan: .observed, kernels: kernels)
    } catch let error as InputError {
      throw error.inFile(checkpoint.file)
    }
  }

  /// How many convolutions can take bytes.
  public var convolutions: Int { network.quantizableConvolutions }

  /// Evaluates D for every query; makes a worker's memory, so give it many.
  ///
  /// - Parameter input: C×H×W floats in model space, noise included, of the query at this place; asked for one at a time.
  public func measure(_ queries: [DenoiserQuery], input: (Int) throws -> [Float]) throws -> ActivationValues {
    let observer = ActivationObserver()
    let evaluator = try UNetEvaluator(network, observer: observer)
    var output = [Float](repeating: 0, count: network.imageShape.count)
    for (place, query) in queries.enumerated() {
      try input(place).withUnsafeBufferPointer { input in
        try output.withUnsafeMutableBufferPointer { try evaluator.denoise([query], inputs: input, outputs: $0) }
      }
      EvaluationMeter.observer?.evaluated(1)
    }
    return ActivationValues(histograms: observer.histograms)
  }

  /// The same of n×C×H×W floats.
  public func measure(_ queries: [DenoiserQuery], inputs: [Float]) throws -> ActivationValues {
    let size = network.imageShape.count
    precondition(inputs.count == queries.count * size)
    return try measure(queries) { Array(inputs[$0 * size..<($0 + 1) * size]) }
  }
}

/// What went into each convolution; two of these add up, whatever the order.
public struct ActivationValues: Sendable {
  package private(set) var histograms: [String: ActivationHistogram] = [:]

  public init() {}

  init(histograms: [String: ActivationHistogram]) { self.histograms = histograms }

  public mutating func merge(_ other: ActivationValues) {
    histograms.merge(other.histograms) { old, new in
      var sum = old
      sum.merge(new)
      return sum
    }
  }

  /// A scale and a zero point for each convolution, by its path.
  ///
  /// - Throws: `InputError` naming a convolution that was given infinities or NaN.
  public func inputs(_ rule: Quantization.Rule) throws -> [String: Quantization.Input] {
    if let path = histograms.filter({ $0.value.sawNonFinite }).keys.min() {
      throw InputError(
        "the network computes values that are not finite on these images", location: "the input of \"\(path)\"")
    }
    return histograms.mapValues { $0.input(rule) }
  }
}

/// Counts a worker's activations by convolution.
final class ActivationObserver {
  private(set) var histograms: [String: ActivationHistogram] = [:]

  func observe(_ path: String, _ values: UnsafeBufferPointer<Float>) {
    histograms[path, default: ActivationHistogram()].add(values)
  }
}
