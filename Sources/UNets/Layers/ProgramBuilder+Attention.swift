import Basics
import CKernels
import OneDNN

extension ProgramBuilder {
  /// Self-attention with its residual: out = (proj(v·wᵀ) + h)·skipScale, written over `h` (Docs/Networks.md,
  /// UNetBlock).
  ///
  /// However the file orders the 3C outputs of qkv, here they are three convolutions with outputs [heads, C/heads], and
  /// 1/√(C/heads) is folded into the product.
  func attention(
    _ name: String, _ h: Activation, heads: Int, style: UNetBlock.Style, parameters: Parameters
  ) throws {
    let channels = h.channels
    let (skipScale, order) = (style.skipScale, style.attention.order)
    guard channels.isMultiple(of: heads) else {
      throw InputError(
        "the channels do not make equal heads", location: "module \"\(parameters.path)\"",
        expected: "a multiple of \(heads) channels", found: "\(channels)")
    }
    // The three share one input, and its range stands under the first one's name.
    let qkv = parameters.module(order == .separate ? "q" : "qkv")
    let range = byteRange(of: qkv)
    let groups = style.attention.groups ?? style.groups
    let normalised: Activation
    if groups == 0 {
      normalised = range.map { quantize(name + ".qkv", h, as: $0) } ?? h
    } else {
      let norm = try GroupNorm(
        channels: channels, epsilon: style.epsilon, groups: groups, parameters: parameters.module("norm2"))
      normalised = groupNorm(name + ".norm2", h, nil, norm, silu: false, as: range)
    }
    observe(normalised, of: qkv)
    let matrices = try attentionMatrices(channels, heads: heads, order, parameters)
    let operands = try matrices.map { matrix in
      try convolution(
        name + ".qkv", normalised, outputChannels: channels, kernel: 1, weights: matrix.weights, bias: matrix.bias)
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

  /// The weights and biases of q, k and v, each [heads, C/heads].
  private func attentionMatrices(
    _ channels: Int, heads: Int, _ order: UNetBlock.AttentionStyle.Order, _ parameters: Parameters
  ) throws -> [(weights: [Float], bias: [Float])] {
    if order == .separate {
      return try ["q", "k", "v"].map { name in
        let module = parameters.module(name)
        return (try module.values("weight", [channels, channels, 1, 1]), try module.values("bias", [channels]))
      }
    }
    let qkv = parameters.module("qkv")
    let weights = try qkv.values("weight", [3 * channels, channels, 1, 1])
    let bias = try qkv.values("bias", [3 * channels])
    let width = channels / heads
    return (0..<3).map { which in
      let rows = (0..<channels).map { channel in
        switch order {
        case .byPart: which * channels + channel
        case .byHead: channel / width * 3 * width + which * width + channel % width
        case .interleaved, .separate: 3 * channel + which
        }
      }
      return (rows.flatMap { weights[$0 * channels..<($0 + 1) * channels] }, rows.map { bias[$0] })
    }
  }

  /// softmax(qᵀk/√d)·v per head; scores and softmax in fp32.
  func attend(
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
