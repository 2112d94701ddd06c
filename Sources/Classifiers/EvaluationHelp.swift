import Diffusion

/// Denoiser evaluations in parts of one size, each of which can be carried out by itself and by any evaluator.
///
/// Unchecked: a part writes its own outputs only, and whoever made the parts keeps the memory until all are done.
package struct EvaluationParts: @unchecked Sendable {
  private let queries: [DenoiserQuery]
  /// What every evaluation answers; nil where a query names its one label.
  private let labels: [Int?]?
  private let inputs: UnsafeBufferPointer<Float>
  private let outputs: UnsafeMutableBufferPointer<Float>
  private let size: Int
  private let networkPasses: Int
  /// Stored: who comes late asks for it when the queries' memory may be in use again.
  package let count: Int

  init(
    _ queries: [DenoiserQuery], labels: [Int?]?, inputs: UnsafeBufferPointer<Float>,
    outputs: UnsafeMutableBufferPointer<Float>, size: Int, networkPasses: Int
  ) {
    self.queries = queries
    self.labels = labels
    self.inputs = inputs
    self.outputs = outputs
    self.size = size
    self.networkPasses = networkPasses
    count = (queries.count + size - 1) / size
  }

  /// - Throws: `CancellationError` when the surrounding task was cancelled; whatever the denoiser throws.
  package func evaluate(_ part: Int, with evaluator: any DenoiserEvaluator) throws {
    if Task.isCancelled { throw CancellationError() }
    let range = part * size..<min((part + 1) * size, queries.count)
    let pixels = inputs.count / queries.count
    let answers = outputs.count / queries.count
    let input = UnsafeBufferPointer(rebasing: inputs[range.lowerBound * pixels..<range.upperBound * pixels])
    let output = UnsafeMutableBufferPointer(rebasing: outputs[range.lowerBound * answers..<range.upperBound * answers])
    if let labels {
      try evaluator.denoise(queries[range].map(\.noise), labels: labels, inputs: input, outputs: output)
    } else {
      try evaluator.denoise(
        range.count == queries.count ? queries : Array(queries[range]), inputs: input, outputs: output)
    }
    EvaluationMeter.observer?.evaluated(networkPasses * range.count)
  }
}

/// Others with nothing to do who can carry out some of a worker's evaluations: what keeps a machine busy when there are
/// fewer votes than threads and many classes.
package protocol EvaluationHelp {
  /// How many there are now.
  var spare: Int { get }

  /// Carries out every part, by `own` and by the others; returns when nobody is at any of them.
  ///
  /// - Throws: as `EvaluationParts.evaluate`, the first error.
  func evaluate(_ parts: EvaluationParts, own: any DenoiserEvaluator) throws
}

/// A worker whose evaluations others can carry out.
package protocol HelpedWorker: ClassifierWorker {
  /// nil where it works alone.
  var help: (any EvaluationHelp)? { get set }
  /// Carries out a part of another worker's evaluations.
  ///
  /// - Throws: as `EvaluationParts.evaluate`.
  func evaluate(_ part: Int, of parts: EvaluationParts) throws
}
