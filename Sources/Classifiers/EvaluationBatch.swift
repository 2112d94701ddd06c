import Diffusion

/// Denoiser evaluations gathered until a batch is full; bounds the memory of a worker.
final class EvaluationBatch {
  /// One evaluation and what its answer will be compared with.
  struct Slot {
    var epsilon: [Float]?
    var target: [Float]?
    /// The caller's name for it.
    var tag: Int

    /// ‖D − r + shift·ε‖² in double precision, always summed in the same order.
    func squaredError(of denoised: UnsafeBufferPointer<Float>, shift: Double) -> Double {
      guard let target else { preconditionFailure("an evaluation without a target has no error") }
      return target.withUnsafeBufferPointer { target in
        guard let epsilon else {
          return sumOfSquares(denoised.count) { Double(denoised[$0]) - Double(target[$0]) }
        }
        return epsilon.withUnsafeBufferPointer { epsilon in
          sumOfSquares(denoised.count) {
            Double(denoised[$0]) - Double(target[$0]) + shift * Double(epsilon[$0])
          }
        }
      }
    }
  }

  private let capacity: Int
  private let pixelCount: Int
  private var inputs: [Float]
  private var outputs: [Float]
  private var queries: [DenoiserQuery] = []
  private var slots: [Slot] = []

  init(capacity: Int, pixelCount: Int) {
    self.capacity = capacity
    self.pixelCount = pixelCount
    inputs = [Float](repeating: 0, count: capacity * pixelCount)
    outputs = inputs
    queries.reserveCapacity(capacity)
    slots.reserveCapacity(capacity)
  }

  var isFull: Bool { slots.count == capacity }
  var isEmpty: Bool { slots.isEmpty }

  /// The arrays are kept by reference: a slot costs one image of memory.
  func add(_ query: DenoiserQuery, input: [Float], epsilon: [Float]?, target: [Float]?, tag: Int) {
    precondition(!isFull, "a full batch must be evaluated first")
    let start = slots.count * pixelCount
    inputs.withUnsafeMutableBufferPointer { inputs in
      input.withUnsafeBufferPointer { input in
        for pixel in 0..<pixelCount { inputs[start + pixel] = input[pixel] }
      }
    }
    queries.append(query)
    slots.append(Slot(epsilon: epsilon, target: target, tag: tag))
  }

  /// Evaluates what was gathered, hands every answer to `receive` in the order of arrival, and empties the batch.
  ///
  /// - Throws: `CancellationError` when the surrounding task was cancelled; what was gathered is discarded.
  func evaluate(
    with evaluator: any DenoiserEvaluator, receive: (Slot, UnsafeBufferPointer<Float>) -> Void
  ) throws {
    defer {
      queries.removeAll(keepingCapacity: true)
      slots.removeAll(keepingCapacity: true)
    }
    if Task.isCancelled { throw CancellationError() }
    if slots.isEmpty { return }
    let count = slots.count * pixelCount
    try inputs.withUnsafeBufferPointer { inputs in
      try outputs.withUnsafeMutableBufferPointer { outputs in
        try evaluator.denoise(
          queries, inputs: UnsafeBufferPointer(rebasing: inputs[..<count]),
          outputs: UnsafeMutableBufferPointer(rebasing: outputs[..<count]))
        for (place, slot) in slots.enumerated() {
          let start = place * pixelCount
          receive(slot, UnsafeBufferPointer(rebasing: outputs[start..<start + pixelCount]))
        }
      }
    }
  }
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
