import Diffusion

/// Denoiser evaluations gathered until there is enough for everybody who can take part; bounds the memory of a worker.
final class EvaluationBatch {
  /// One evaluation and what its answer will be compared with.
  struct Slot {
    var epsilon: [Float]?
    var target: [Float]?
    /// The caller's name for it.
    var tag: Int

    /// ‖D − r + shift·ε‖² of one answer in double precision, always summed in the same order.
    func squaredError(of denoised: UnsafeBufferPointer<Float>, shift: Double) -> Double {
      guard let target else { preconditionFailure("an evaluation without a target has no error") }
      return target.withUnsafeBufferPointer { target in
        guard let epsilon else { return squaredDistance(denoised, target) }
        return epsilon.withUnsafeBufferPointer { epsilon in
          sumOfSquares(denoised.count) {
            Double(denoised[$0]) - Double(target[$0]) + shift * Double(epsilon[$0])
          }
        }
      }
    }
  }

  /// Parts for each of several: whoever is slower then takes fewer.
  private static let partsEach = 2
  /// Evaluations that an evaluator is given at once.
  private let partSize: Int
  private let pixelCount: Int
  private let networkPasses: Int
  /// What every evaluation answers; nil where a query names its one label.
  private var labels: [Int?]?
  private var inputs: [Float]
  private var outputs: [Float]
  private var queries: [DenoiserQuery] = []
  private var slots: [Slot] = []

  init(partSize: Int, pixelCount: Int, networkPasses: Int) {
    self.partSize = partSize
    self.networkPasses = networkPasses
    self.pixelCount = pixelCount
    inputs = [Float](repeating: 0, count: partSize * pixelCount)
    outputs = inputs
    queries.reserveCapacity(partSize)
    slots.reserveCapacity(partSize)
  }

  /// Whether there is a part for each, asked for whenever one is full.
  ///
  /// - Parameter help: who else takes part; their number may change at any time, and changes no result.
  func isFull(for help: (any EvaluationHelp)?) -> Bool {
    let (parts, rest) = slots.count.quotientAndRemainder(dividingBy: partSize)
    guard parts > 0, rest == 0 else { return false }
    guard let spare = help?.spare, spare > 0 else { return true }
    return parts >= Self.partsEach * (1 + spare)
  }

  var isEmpty: Bool { slots.isEmpty }

  /// What the evaluations to be added answer: these labels each, or that of their query.
  func begin(labels: [Int?]?) {
    precondition(isEmpty, "evaluations of two kinds in one batch")
    self.labels = labels
  }

  /// The arrays are kept by reference: a slot costs one image of memory.
  func add(_ query: DenoiserQuery, input: [Float], epsilon: [Float]?, target: [Float]?, tag: Int) {
    let start = slots.count * pixelCount
    if start == inputs.count {
      inputs += [Float](repeating: 0, count: partSize * pixelCount)
    }
    inputs.withUnsafeMutableBufferPointer { inputs in
      input.withUnsafeBufferPointer { input in
        for pixel in 0..<pixelCount { inputs[start + pixel] = input[pixel] }
      }
    }
    queries.append(query)
    slots.append(Slot(epsilon: epsilon, target: target, tag: tag))
  }

  /// Evaluates what was gathered, hands every evaluation's answers to `receive` in the order of arrival, and empties the
  /// batch.
  ///
  /// - Throws: `CancellationError` when the surrounding task was cancelled; what was gathered is discarded.
  func evaluate(
    with evaluator: any DenoiserEvaluator, help: (any EvaluationHelp)?,
    receive: (Slot, UnsafeBufferPointer<Float>) -> Void
  ) throws {
    defer {
      queries.removeAll(keepingCapacity: true)
      slots.removeAll(keepingCapacity: true)
    }
    if slots.isEmpty { return }
    let count = slots.count * pixelCount
    let answers = (labels?.count ?? 1) * pixelCount
    if outputs.count < slots.count * answers {
      outputs += [Float](repeating: 0, count: slots.count * answers - outputs.count)
    }
    try inputs.withUnsafeBufferPointer { inputs in
      try outputs.withUnsafeMutableBufferPointer { outputs in
        let parts = EvaluationParts(
          queries, labels: labels, inputs: UnsafeBufferPointer(rebasing: inputs[..<count]),
          outputs: UnsafeMutableBufferPointer(rebasing: outputs[..<(slots.count * answers)]), size: partSize,
          networkPasses: networkPasses)
        if let help, parts.count > 1 {
          try help.evaluate(parts, own: evaluator)
        } else {
          for part in 0..<parts.count { try parts.evaluate(part, with: evaluator) }
        }
        for (place, slot) in slots.enumerated() {
          let start = place * answers
          receive(slot, UnsafeBufferPointer(rebasing: outputs[start..<start + answers]))
        }
      }
    }
  }
}

/// ‖a − b‖² in double precision, always summed in the same order.
func squaredDistance(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Double {
  sumOfSquares(a.count) { Double(a[$0]) - Double(b[$0]) }
}

/// Σ difference(i)² over 0 ..< count in eight interleaved partial sums, added in a fixed order.
@inline(__always)
private func sumOfSquares(_ count: Int, _ difference: (Int) -> Double) -> Double {
  var sums = SIMD8<Double>.zero
  let whole = count & ~7
  var start = 0
  while start < whole {
    var values = SIMD8<Double>.zero
    for lane in 0..<8 { values[lane] = difference(start + lane) }
    sums += values * values
    start += 8
  }
  var total = sums.sum()
  for index in whole..<count {
    let value = difference(index)
    total += value * value
  }
  return total
}
