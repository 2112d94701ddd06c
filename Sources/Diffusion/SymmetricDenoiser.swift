import Basics

/// A denoiser averaged with itself under a symmetry R of the pictures: ½·(D(x; s, y) + R D(R x; s, y))
/// (Docs/Mathematics.md, Mirrored pictures).
///
/// Where the training pictures have the symmetry, so has their exact denoiser, and the average is nearer to it. It is
/// exactly symmetric itself: of R x it is R of what it is of x, bit for bit.
public struct SymmetricDenoiser: DerivedDenoiser {
  public let base: any Denoiser
  public let symmetry: ImageSymmetry

  public init(_ base: any Denoiser, under symmetry: ImageSymmetry) {
    self.base = base
    self.symmetry = symmetry
  }

  public var passes: Int { 2 * base.passes }
  /// Each query makes two of the base's.
  public var preferredBatchSize: Int { max(1, base.preferredBatchSize / 2) }

  public func makeEvaluator() throws -> any DenoiserEvaluator {
    SymmetricEvaluator(try base.makeEvaluator(), symmetry, imageShape)
  }
}

/// Asks for the pictures and, in the same call, for their images under the symmetry.
private final class SymmetricEvaluator: DenoiserEvaluator {
  private let base: any DenoiserEvaluator
  private let symmetry: ImageSymmetry
  private let shape: ImageShape
  private var inputs: [Float] = []
  private var outputs: [Float] = []

  init(_ base: any DenoiserEvaluator, _ symmetry: ImageSymmetry, _ shape: ImageShape) {
    self.base = base
    self.symmetry = symmetry
    self.shape = shape
  }

  func denoise(
    _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    try average(inputs, outputs) { try base.denoise(queries + queries, inputs: $0, outputs: $1) }
  }

  func denoise(
    _ noises: [ModelNoise], labels: [Int?], inputs: UnsafeBufferPointer<Float>,
    outputs: UnsafeMutableBufferPointer<Float>
  ) throws {
    try average(inputs, outputs) { try base.denoise(noises + noises, labels: labels, inputs: $0, outputs: $1) }
  }

  private func average(
    _ given: UnsafeBufferPointer<Float>, _ wanted: UnsafeMutableBufferPointer<Float>,
    evaluate: (UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) throws -> Void
  ) throws {
    reserve(given.count, wanted.count)
    inputs.withUnsafeMutableBufferPointer { inputs in
      for index in 0..<given.count { inputs[index] = given[index] }
      eachRow(of: given.count) { place, reversed in inputs[given.count + place] = given[reversed] }
    }
    try inputs.withUnsafeBufferPointer { inputs in
      try outputs.withUnsafeMutableBufferPointer { outputs in
        let both = UnsafeMutableBufferPointer(rebasing: outputs[..<(2 * wanted.count)])
        try evaluate(UnsafeBufferPointer(rebasing: inputs[..<(2 * given.count)]), both)
        eachRow(of: wanted.count) { place, reversed in
          wanted[place] = 0.5 * (both[place] + both[wanted.count + reversed])
        }
      }
    }
  }

  /// Every place of so many values, and the place that the symmetry puts there.
  @inline(__always)
  private func eachRow(of count: Int, _ body: (Int, Int) -> Void) {
    switch symmetry {
    case .mirror:
      let width = shape.width
      for row in stride(from: 0, to: count, by: width) {
        for column in 0..<width { body(row + column, row + width - 1 - column) }
      }
    }
  }

  private func reserve(_ given: Int, _ wanted: Int) {
    if inputs.count < 2 * given { inputs = [Float](repeating: 0, count: 2 * given) }
    if outputs.count < 2 * wanted { outputs = [Float](repeating: 0, count: 2 * wanted) }
  }
}
