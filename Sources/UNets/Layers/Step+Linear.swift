import OneDNN

extension Step {
  /// to = from·weightsᵀ + bias in fp32, one row after the other.
  ///
  /// A product of several rows would leave it to oneDNN which of them share a tile, and rows of a full tile and of the
  /// last one are rounded differently: an image's result would depend on its place in the batch.
  static func linear(
    _ name: String, rows: Int, inputs: Int, outputs: Int, weights: [Float], bias: [Float], from: Buffer, to: Buffer
  ) throws -> Step {
    // Blocks of weights that the second cache keeps while the rows go by.
    let block = max(16, (1 << 16) / inputs / 16 * 16)
    let blocks = try stride(from: 0, to: outputs, by: block).map { start in
      let columns = start..<min(start + block, outputs)
      return (
        start: start,
        operation: try Operation.linear(
          rows: 1, inputs: inputs, outputs: columns.count,
          weights: Array(weights[columns.lowerBound * inputs..<columns.upperBound * inputs]),
          bias: Array(bias[columns]))
      )
    }
    return Step(
      name: name, reads: [from], writes: [to],
      scratchpadSize: blocks.map(\.operation.scratchpadSize).max() ?? 0,
      implementation: blocks.first?.operation.implementation ?? "none",
      arithmetic: blocks.reduce(0) { $0 + rows * $1.operation.arithmetic }
    ) { memory in
      let calls = try blocks.flatMap { block in
        try (0..<rows).map { row in
          try BoundCall(
            block.operation, source: memory.pointer(from) + row * inputs * 4,
            destination: memory.pointer(to) + (row * outputs + block.start) * 4, scratchpad: memory.scratchpad)
        }
      }
      return { for call in calls { try call.run() } }
    }
  }
}
