import Basics

/// A conditional denoiser with another model as its unconditional one, as the paper pairs EDM's CIFAR-10 models:
/// D(x; s, y) from the first, D(x; s, none) from the second (`--unconditional-model`).
public struct PairedDenoiser: Denoiser {
  public let conditional: any Denoiser
  public let unconditional: any Denoiser

  /// - Throws: `InputError` when the images differ in size or the second model does not answer without a label.
  public init(conditional: any Denoiser, unconditional: any Denoiser) throws {
    guard conditional.imageShape == unconditional.imageShape else {
      throw InputError(
        "the unconditional model is for other images", expected: "\(conditional.imageShape)",
        found: "\(unconditional.imageShape)")
    }
    guard unconditional.isUnconditionalAvailable else {
      throw InputError("the model given as the unconditional one always needs a label")
    }
    self.conditional = conditional
    self.unconditional = unconditional
  }

  public var imageShape: ImageShape { conditional.imageShape }
  public var classCount: Int { conditional.classCount }
  public var classes: ClassSet { conditional.classes }
  public var isUnconditionalAvailable: Bool { true }
  /// What the second model answers takes an evaluation of its own.
  public var scope: EvaluationScope { conditional.scope == .oneLabel ? .oneLabel : .classes }
  public var preferredBatchSize: Int { conditional.preferredBatchSize }

  public var isServedElsewhere: Bool { conditional.isServedElsewhere || unconditional.isServedElsewhere }

  public func requireUnchanged() throws {
    try conditional.requireUnchanged()
    try unconditional.requireUnchanged()
  }

  public func makeEvaluator() throws -> any DenoiserEvaluator {
    PairedEvaluator(
      conditional: try conditional.makeEvaluator(), unconditional: try unconditional.makeEvaluator(),
      pixelCount: imageShape.count)
  }
}

/// Sends each query to the model that answers it, without breaking up batches that are of one kind.
private final class PairedEvaluator: DenoiserEvaluator {
  private let conditional: any DenoiserEvaluator
  private let unconditional: any DenoiserEvaluator
  private let pixelCount: Int

  init(conditional: any DenoiserEvaluator, unconditional: any DenoiserEvaluator, pixelCount: Int) {
    self.conditional = conditional
    self.unconditional = unconditional
    self.pixelCount = pixelCount
  }

  func denoise(
    _ noises: [ModelNoise], labels: [Int?], inputs: UnsafeBufferPointer<Float>,
    outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    precondition(!labels.contains(nil), "the two models have no evaluation in common")
    try conditional.denoise(noises, labels: labels, inputs: inputs, outputs: outputs)
  }

  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    let labelled = queries.indices.filter { queries[$0].label != nil }
    if labelled.count == queries.count {
      return try conditional.denoise(queries, inputs: inputs, outputs: outputs)
    }
    if labelled.isEmpty {
      return try unconditional.denoise(queries, inputs: inputs, outputs: outputs)
    }
    let unlabelled = queries.indices.filter { queries[$0].label == nil }
    for (model, chosen) in [(conditional, labelled), (unconditional, unlabelled)] {
      var gathered = [Float]()
      gathered.reserveCapacity(chosen.count * pixelCount)
      for index in chosen { gathered += inputs[index * pixelCount..<(index + 1) * pixelCount] }
      var answers = [Float](repeating: 0, count: gathered.count)
      try gathered.withUnsafeBufferPointer { gathered in
        try answers.withUnsafeMutableBufferPointer { answers in
          try model.denoise(chosen.map { queries[$0] }, inputs: gathered, outputs: answers)
        }
      }
      for (place, index) in chosen.enumerated() {
        for pixel in 0..<pixelCount { outputs[index * pixelCount + pixel] = answers[place * pixelCount + pixel] }
      }
    }
  }
}
