import OneDNN

/// oneDNN's direct form, which does every convolution.
struct DirectForm: ConvolutionForm {
  private let operation: Operation

  init(_ convolution: Convolution, _ kernels: KernelTable) throws {
    operation =
      try convolution.bytes.map {
        try Operation.quantizedConvolution(
          convolution.shape, weights: $0.weights.values, scales: $0.weights.scales, zeroPoint: $0.zeroPoint,
          bias: $0.weights.bias)
      } ?? Operation.convolution(convolution.shape, weights: convolution.weights, bias: convolution.bias)
  }

  var implementation: String { operation.implementation }
  var scratchpadSize: Int { operation.scratchpadSize }
  var arithmetic: Int { operation.arithmetic }

  func bind(
    from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, scratchpad: UnsafeMutableRawPointer
  ) throws -> BoundStep {
    let call = try BoundCall(operation, source: from, destination: to, scratchpad: scratchpad)
    return { try call.run() }
  }
}
