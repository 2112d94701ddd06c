import CKernels
import OneDNN

/// The embedding that the blocks' affine layers read, one row of fp32 an image.
struct Embedding {
  var buffer: Buffer
  var channels: Int
}

extension ProgramBuilder {
  /// silu(map_layer1(silu(map_layer0(e))) + labels), row by row in fp32, as the blocks' embedding; returns where e and the
  /// labels' term are to be written.
  func embeddingLayers(inputs: Int, outputs: Int, hasLabelTerm: Bool) throws -> (input: Buffer, labels: Buffer?) {
    let input = buffer(bytes: batch * inputs * 4)
    let first = buffer(bytes: batch * outputs * 4)
    let second = buffer(bytes: batch * outputs * 4)
    try linear("map_layer0", from: input, to: first, inputs: inputs, outputs: outputs)
    silu("map_layer0", first, adding: nil, count: batch * outputs)
    try linear("map_layer1", from: first, to: second, inputs: outputs, outputs: outputs)
    let labels = hasLabelTerm ? buffer(bytes: batch * outputs * 4) : nil
    silu("map_layer1", second, adding: labels, count: batch * outputs)
    embedding = Embedding(buffer: second, channels: outputs)
    return (input, labels)
  }

  /// silu(weights·e + labels) as the blocks' embedding, which EDM2 has one layer for.
  func embeddingLayer(
    _ name: String, inputs: Int, outputs: Int, weights: [Float], hasLabelTerm: Bool
  ) throws -> (input: Buffer, labels: Buffer?) {
    let input = buffer(bytes: batch * inputs * 4)
    let output = buffer(bytes: batch * outputs * 4)
    embeddingSteps.append(
      try Step.linear(
        name, rows: batch, inputs: inputs, outputs: outputs, weights: weights,
        bias: [Float](repeating: 0, count: outputs), from: input, to: output))
    let labels = hasLabelTerm ? buffer(bytes: batch * outputs * 4) : nil
    silu(name, output, adding: labels, count: batch * outputs)
    embedding = Embedding(buffer: output, channels: outputs)
    return (input, labels)
  }

  private func linear(_ name: String, from: Buffer, to: Buffer, inputs: Int, outputs: Int) throws {
    let layer = parameters.module(name)
    embeddingSteps.append(
      try Step.linear(
        name, rows: batch, inputs: inputs, outputs: outputs, weights: layer.values("weight", [outputs, inputs]),
        bias: layer.values("bias", [outputs]), from: from, to: to))
  }

  private func silu(_ name: String, _ values: Buffer, adding term: Buffer?, count: Int) {
    let step = Step(name: name + ".silu", reads: [values] + (term.map { [$0] } ?? []), writes: [values]) {
      [kernels] memory in
      let x = memory.floats(values)
      let y = term.map { memory.floats($0) }
      let blend = kernels[.float32].blend
      let silu = kernels.functions.silu
      return {
        if let y { blend?(x, 1, y, 1, x, Int64(count)) }
        silu?(x, x, Int64(count))
      }
    }
    embeddingSteps.append(step)
  }
}
