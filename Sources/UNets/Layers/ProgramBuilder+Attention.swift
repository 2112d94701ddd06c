import Basics
import CKernels
import OneDNN

extension ProgramBuilder {
  /// Self-attention with its residual: out = (proj(v·wᵀ) + h)·skipScale, written over `h` (Docs/Networks.md,
  /// UNetBlock).
  ///
  /// The stored qkv convolution interleaves its 3C outputs as [heads, C/heads, 3]; here they are three convolutions with
  /// outputs [heads, C/heads], and 1/√(C/heads) is folded into the product.
  func attention(
    _ name: String, _ h: Activation, heads: Int, skipScale: Float, epsilon: Float, parameters: Parameters
  ) throws {
    let channels = h.channels
    guard channels.isMultiple(of: heads) else {
      throw InputError(
        "the channels do not make equal heads", location: "module \"\(parameters.path)\"",
        expected: "a multiple of \(heads) channels", found: "\(channels)")
    }
    let norm = try GroupNorm(channels: channels, epsilon: epsilon, parameters: parameters.module("norm2"))
    let qkv = parameters.module("qkv")
    let weights = try qkv.values("weight", [3 * channels, channels, 1, 1])
    let bias = try qkv.values("bias", [3 * channels])
    let normalised = groupNorm(name + ".norm2", h, nil, norm, silu: false, as: byteRange(of: qkv))
    observe(normalised, of: qkv)
    let operands = try (0..<3).map { which in
      try convolution(
        name + ".qkv", normalised, outputChannels: channels, kernel: 1,
        weights: (0..<channels).flatMap { weights[(3 * $0 + which) * channels..<(3 * $0 + which + 1) * channels] },
        bias: (0..<channels).map { bias[3 * $0 + which] })
    }
    let attended = try attend(name, q: operands[0], k: operands[1], v: operands[2], heads: heads)
    let projection = parameters.module("proj")
    let projectionWeights = try projection.values("weight", [channels, channels, 1, 1])
    let projectionBias = try projection.values("bias", [channels])
    if skipScale != 1 { blend(name + ".scale", h, skipScale, nil, 0, into: h) }
    _ = try convolution(
      name + ".proj", attended, outputChannels: channels, kernel: 1, weights: projectionWeights.map { $0 * skipScale },
      bias: projectionBias.map { $0 * skipScale }, onto: h)
  }

  /// softmax(qᵀk/√d)·v per head; scores and softmax in fp32.
  private func attend(
    _ name: String, q: Activation, k: Activation, v: Activation, heads: Int
  ) throws -> Activation {
    let positions = q.positions
    let channels = q.channels
    let width = channels / heads
    let result = activation(channels: channels, side: q.side)
    let scoreCount = batch * heads * positions * positions
    let scores = buffer(bytes: scoreCount * 4)
    let weights = type == .float32 ? scores : buffer(bytes: scoreCount * type.byteCount)
    func perHead(_ type: ElementType, transposed: Bool = false) -> MatrixLayout {
      MatrixLayout(
        outer: positions * channels, inner: width, row: transposed ? 1 : channels, column: transposed ? channels : 1,
        type: type)
    }
    func square(_ type: ElementType) -> MatrixLayout {
      MatrixLayout(
        outer: heads * positions * positions, inner: positions * positions, row: positions, column: 1, type: type)
    }
    let score = try Operation.product(
      ProductShape(
        outer: batch, inner: heads, m: positions, k: width, n: positions, a: perHead(type),
        b: perHead(type, transposed: true), c: square(.float32), scale: Float(1 / Double(width).squareRoot())))
    let mix = try Operation.product(
      ProductShape(
        outer: batch, inner: heads, m: positions, k: positions, n: width, a: square(type), b: perHead(type),
        c: perHead(type)))
    product(name + ".scores", score, q.buffer, k.buffer, scores)
    add(name + ".softmax", reads: [scores], writes: [weights]) { [kernels, type, batch] memory in
      let run = kernels[type].softmax
      let input = memory.floats(scores)
      let output = memory.pointer(weights)
      let rows = Int64(batch * heads * positions)
      return { run?(input, output, rows, Int64(positions)) }
    }
    product(name + ".mix", mix, weights, v.buffer, result.buffer)
    return result
  }

  private func product(_ name: String, _ operation: Operation, _ a: Buffer, _ b: Buffer, _ c: Buffer) {
    add(
      name, reads: [a, b], writes: [c], scratchpadSize: operation.scratchpadSize,
      implementation: operation.implementation, arithmetic: operation.arithmetic
    ) { memory in
      let call = try BoundCall(
        operation, source: memory.pointer(a), second: memory.pointer(b), destination: memory.pointer(c),
        scratchpad: memory.scratchpad)
      return { try call.run() }
    }
  }
}
