import Basics
import Diffusion
import Foundation
import Models

/// What the server computes; rows one by one, so that nothing depends on companions unless it is asked to.
final class Answers: Sendable {
  let options: Options
  private let denoiser: (any Denoiser)?
  private let evaluators: Mutex<[Lent]>

  /// Unchecked: used by one thread at a time.
  private struct Lent: @unchecked Sendable {
    let evaluator: any DenoiserEvaluator
  }

  init(_ options: Options) throws {
    var options = options
    let opened =
      options.model == "echo" || options.isClassifier
      ? nil : try DiffusionModel.open(ModelReference(options.model, precision: .fp32)).denoiser
    if let shape = opened?.imageShape {
      (options.channels, options.height, options.width) = (shape.channels, shape.height, shape.width)
    }
    if let count = opened?.classCount { options.classes = count }
    self.options = options
    denoiser = opened
    evaluators = Mutex([])
  }

  var pixels: Int { options.channels * options.height * options.width }

  /// - Parameter variant: another model's where it is not 0.
  func rows(x: [Float], sigma: [Float], labels: [Int64], variant: Float) throws -> [Float] {
    if options.isClassifier { return logits(x, variant) }
    guard let denoiser else { return variant == 0 ? x : x.map { $0 + variant } }
    guard labels.allSatisfy({ $0 < Int64(denoiser.classCount) }) else {
      throw InputError("no such label", expected: "at most \(denoiser.classCount - 1)")
    }
    let lent = try evaluators.withLock { $0.popLast() } ?? Lent(evaluator: denoiser.makeEvaluator())
    defer { evaluators.withLock { $0.append(lent) } }
    let queries = zip(sigma, labels).map { sigma, label in
      DenoiserQuery(noise: ModelNoise(Double(sigma)), label: label < 0 ? nil : Int(label))
    }
    var result = [Float](repeating: 0, count: x.count)
    try x.withUnsafeBufferPointer { x in
      try result.withUnsafeMutableBufferPointer { try lent.evaluator.denoise(queries, inputs: x, outputs: $0) }
    }
    return variant == 0 ? result : result.map { $0 + variant }
  }

  /// A fixed linear classifier of means over stripes: class k likes bright rows k, k + K, ….
  private func logits(_ x: [Float], _ variant: Float) -> [Float] {
    let rows = x.count / pixels
    var logits = [Float](repeating: 0, count: rows * options.classes)
    for row in 0..<rows {
      for pixel in 0..<pixels {
        let line = pixel / options.width
        logits[row * options.classes + (line % options.classes)] += x[row * pixels + pixel]
      }
      logits[row * options.classes] += variant
    }
    return logits
  }
}
