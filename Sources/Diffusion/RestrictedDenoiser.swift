import Basics

/// A denoiser of which only some classes are asked for: what a classifier among some of a model's classes runs on
/// (Docs/Mathematics.md, Some of a model's classes).
///
/// Its K classes are the places of `classes`; D(x; s, none) stays the model's own.
public struct RestrictedDenoiser: DerivedDenoiser {
  public let base: any Denoiser
  public let classes: ClassSet
  /// What `base` calls each of the classes.
  private let queried: [Int]

  /// - Throws: `UsageError` for a class that the model does not have.
  public init(_ base: any Denoiser, to classes: ClassSet) throws {
    queried = try classes.places(in: base.classes, of: "model")
    self.base = base
    self.classes = classes
  }

  public func makeEvaluator() throws -> any DenoiserEvaluator {
    RestrictedEvaluator(try base.makeEvaluator(), queried: queried)
  }
}

/// Asks for each class by the model's own label.
private final class RestrictedEvaluator: DenoiserEvaluator {
  private let base: any DenoiserEvaluator
  private let queried: [Int]

  init(_ base: any DenoiserEvaluator, queried: [Int]) {
    self.base = base
    self.queried = queried
  }

  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    let queries = queries.map { DenoiserQuery(noise: $0.noise, label: $0.label.map { queried[$0] }) }
    try base.denoise(queries, inputs: inputs, outputs: outputs)
  }

  func denoise(
    _ noises: [ModelNoise], labels: [Int?], inputs: UnsafeBufferPointer<Float>,
    outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    try base.denoise(noises, labels: labels.map { $0.map { queried[$0] } }, inputs: inputs, outputs: outputs)
  }
}
