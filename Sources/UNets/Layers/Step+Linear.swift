import OneDNN

extension Step {
  /// to = from·weightsᵀ + bias in fp32, one row after the other.
  ///
  /// A product of several rows would leave it to oneDNN which of them share a tile, and rows of a full tile and of the
  /// last one are rounded differently: an image's result would depend on its place in the batch.
  static func linear(
    _ name: String, rows: Int, inputs: Int, outputs: Int, weights: [Float], bias: [Float], from: Buffer, to: Buffer
  ) throws -> Step {
    let operation = try Operation.linear(rows: 1, inputs: inputs, outputs: outputs, weights: weights, bias: bias)
    return Step(
      name: name, reads: [from], writes: [to], scratchpadSize: operation.scratchpadSize,
      implementation: operation.implementation, arithmetic: rows * operation.arithmetic
    ) { memory in
      let calls = try (0..<rows).map { row in
        try BoundCall(
          operation, source: memory.pointer(from) + row * inputs * 4,
          destination: memory.pointer(to) + row * outputs * 4, scratchpad: memory.scratchpad)
      }
      return { for call in calls { try call.run() } }
    }
  }
}
