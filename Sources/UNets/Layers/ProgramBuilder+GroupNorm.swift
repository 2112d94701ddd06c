import Basics
import CKernels
import OneDNN

/// The learned part of a group normalisation: groups = min(32, ⌊C/4⌋) unless given, biased variance.
struct GroupNorm {
  let groups: Int
  var gamma: [Float]
  var beta: [Float]
  var epsilon: Float

  /// - Throws: `InputError` where the channels do not make equal groups, which PyTorch refuses too: channels of no group
  ///   would keep what the memory held before.
  init(channels: Int, epsilon: Float, groups: Int? = nil, parameters: Parameters) throws {
    let groups = groups ?? max(1, min(32, channels / 4))
    self.groups = groups
    guard channels.isMultiple(of: groups) else {
      throw InputError(
        "the channels do not make equal groups", location: "module \"\(parameters.path)\"",
        expected: "a multiple of \(groups) channels", found: "\(channels)")
    }
    gamma = try parameters.values("weight", [channels])
    beta = try parameters.values("bias", [channels])
    self.epsilon = epsilon
  }
}

/// Where a block's embedding enters its second normalisation: columns of the joint affine product.
enum EmbeddingUse {
  case none
  /// silu(norm(x + p)).
  case shiftBefore(offset: Int)
  /// silu(norm(x)·(scale + 1) + shift): the scale's columns, then the shift's.
  case adaptive(offset: Int)
}

extension ProgramBuilder {
  /// norm(first ‖ second), optionally with an embedding and SiLU, in one pass over the statistics and one over the data;
  /// with `range`, as bytes.
  func groupNorm(
    _ name: String, _ first: Activation, _ second: Activation? = nil, _ norm: GroupNorm,
    embedding: EmbeddingUse = .none, silu: Bool, as range: ByteRange? = nil
  ) -> Activation {
    let channels = first.channels + (second?.channels ?? 0)
    precondition(second.map { $0.side == first.side } ?? true)
    let destination = activation(channels: channels, side: first.side, type: first.type, range: range)
    normalisation(
      name, norm, of: [first] + (second.map { [$0] } ?? []), into: destination, embedding: embedding, silu: silu,
      firstChannels: first.channels
    ) { kernels, memory in
      let run = kernels.groupNorm(first.type, as: range)
      let from = memory.pointer(first.buffer)
      let from2 = second.map { memory.pointer($0.buffer) }
      return { image, call in
        call.first = UnsafeRawPointer(from + image * first.imageBytes)
        call.second = from2.map { UnsafeRawPointer($0 + image * (second?.imageBytes ?? 0)) }
        run(&call)
      }
    }
    return destination
  }

  /// The same of a picture in four parts, put together.
  func groupNorm(
    _ name: String, _ phases: Phases, _ norm: GroupNorm, embedding: EmbeddingUse = .none, silu: Bool,
    as range: ByteRange? = nil
  ) -> Activation {
    let part = phases.parts[0]
    let destination = activation(channels: part.channels, side: 2 * part.side, type: part.type, range: range)
    normalisation(
      name, norm, of: phases.parts, into: destination, embedding: embedding, silu: silu, firstChannels: part.channels
    ) { kernels, memory in
      let run = kernels.phasedGroupNorm(part.type, as: range)
      let from = phases.parts.map { memory.pointer($0.buffer) }
      return { image, call in
        let offset = image * part.imageBytes
        var phases = ndc_phases(
          parts: (
            UnsafeRawPointer(from[0] + offset), UnsafeRawPointer(from[1] + offset), UnsafeRawPointer(from[2] + offset),
            UnsafeRawPointer(from[3] + offset)
          ), width: Int64(part.side))
        run(&call, &phases)
      }
    }
    return destination
  }

  /// Adds the step; `bind` gives what runs the kernel on one image, with all of the call filled in but its input.
  private func normalisation(
    _ name: String, _ norm: GroupNorm, of inputs: [Activation], into destination: Activation, embedding: EmbeddingUse,
    silu: Bool, firstChannels: Int,
    bind: @escaping @Sendable (KernelTable, WorkerMemory) -> (Int, inout ndc_group_norm) -> Void
  ) {
    let channels = destination.channels
    precondition(channels == norm.gamma.count)
    let scratch = buffer(bytes: 4 * channels * 8)
    var reads = inputs.map(\.buffer)
    var affine: (buffer: Buffer, offset: Int, isAdaptive: Bool)?
    if let buffer = affineBuffer {
      switch embedding {
      case .none: break
      case .shiftBefore(let offset): affine = (buffer, offset, false)
      case .adaptive(let offset): affine = (buffer, offset, true)
      }
    }
    if let affine { reads.append(affine.buffer) }
    // The width of the joint product is known only once the whole network has been read.
    let width = AffineWidth()
    affineWidths.append(width)
    add(name, reads: reads, writes: [destination.buffer, scratch]) { [batch, kernels, affine] memory in
      let run = bind(kernels, memory)
      let to = memory.pointer(destination.buffer)
      let doubles = memory.pointer(scratch).assumingMemoryBound(to: Double.self)
      let rows = affine.map { UnsafePointer(memory.floats($0.buffer)) + $0.offset }
      let step = width.value
      let isAdaptive = affine?.isAdaptive ?? false
      return {
        norm.gamma.withUnsafeBufferPointer { gamma in
          norm.beta.withUnsafeBufferPointer { beta in
            for image in 0..<batch {
              let row = rows.map { $0 + image * step }
              var call = ndc_group_norm(
                first: nil, second: nil, first_channels: Int64(firstChannels),
                second_channels: Int64(channels - firstChannels), positions: Int64(destination.positions),
                groups: Int64(norm.groups), epsilon: norm.epsilon, gamma: gamma.baseAddress, beta: beta.baseAddress,
                shift_before: isAdaptive ? nil : row, scale_after: isAdaptive ? row : nil,
                shift_after: isAdaptive ? row.map { $0 + channels } : nil, apply_silu: silu ? 1 : 0,
                output: to + image * destination.imageBytes, scratch: doubles)
              run(image, &call)
            }
          }
        }
      }
    }
  }
}

extension KernelTable {
  /// The normalisation of activations of a type, into the same type or into bytes.
  fileprivate func groupNorm(_ type: ElementType, as range: ByteRange?) -> (inout ndc_group_norm) -> Void {
    let kernels = self[type]
    guard let range else { return { kernels.group_norm?(&$0) } }
    return { call in withUnsafePointer(to: range.native) { kernels.quantized_group_norm?(&call, $0) } }
  }

  fileprivate func phasedGroupNorm(
    _ type: ElementType, as range: ByteRange?
  ) -> (inout ndc_group_norm, inout ndc_phases) -> Void {
    let kernels = self[type]
    guard let range else { return { kernels.phased_group_norm?(&$0, &$1) } }
    return { call, phases in
      withUnsafePointer(to: range.native) { kernels.phased_quantized_group_norm?(&call, &phases, $0) }
    }
  }
}
