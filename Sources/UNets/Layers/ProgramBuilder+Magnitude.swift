import CKernels
import OneDNN

/// What a layer's input is multiplied with, channel by channel.
enum ChannelGain {
  case constant([Float])
  /// Columns of the joint affine product.
  case affine(offset: Int)
}

extension ProgramBuilder {
  /// silu(gain·(first ‖ second)), where the concatenation is never made; with `range`, as bytes.
  func scaledSilu(
    _ name: String, _ first: Activation, _ second: Activation? = nil, gain: ChannelGain, as range: ByteRange? = nil
  ) -> Activation {
    precondition(second.map { $0.side == first.side } ?? true)
    let destination = activation(
      channels: first.channels + (second?.channels ?? 0), side: first.side, type: first.type, range: range)
    scaledSilu(name, of: [first] + (second.map { [$0] } ?? []), into: destination, gain: gain) { memory in
      let from = memory.pointer(first.buffer)
      let from2 = second.map { memory.pointer($0.buffer) }
      return { image, call, run in
        call.first = UnsafeRawPointer(from + image * first.imageBytes)
        call.second = from2.map { UnsafeRawPointer($0 + image * (second?.imageBytes ?? 0)) }
        call.first_channels = Int64(first.channels)
        call.second_channels = Int64(second?.channels ?? 0)
        run?(&call)
      }
    }
    return destination
  }

  /// The same of a picture in four parts, put together.
  func scaledSilu(
    _ name: String, _ phases: Phases, gain: ChannelGain, as range: ByteRange? = nil
  ) -> Activation {
    let part = phases.parts[0]
    let destination = activation(channels: part.channels, side: 2 * part.side, type: part.type, range: range)
    scaledSilu(name, of: phases.parts, into: destination, gain: gain) { memory in
      let from = phases.parts.map { memory.pointer($0.buffer) }
      return { image, call, run in
        let offset = image * part.imageBytes
        let phases = ndc_phases(
          parts: (
            UnsafeRawPointer(from[0] + offset), UnsafeRawPointer(from[1] + offset), UnsafeRawPointer(from[2] + offset),
            UnsafeRawPointer(from[3] + offset)
          ), width: Int64(part.side))
        call.first_channels = Int64(part.channels)
        withUnsafePointer(to: phases) { phases in
          call.phases = phases
          run?(&call)
        }
      }
    }
    return destination
  }

  private typealias Kernel = @convention(c) (UnsafePointer<ndc_scaled_silu>?) -> Void

  /// Adds the step; `bind` gives what runs the kernel on one image, its inputs filled in.
  private func scaledSilu(
    _ name: String, of inputs: [Activation], into destination: Activation, gain: ChannelGain,
    bind: @escaping @Sendable (WorkerMemory) -> (Int, inout ndc_scaled_silu, Kernel?) -> Void
  ) {
    var reads = inputs.map(\.buffer)
    var constant: [Float] = []
    var affine: (buffer: Buffer, offset: Int)?
    switch gain {
    case .constant(let values):
      precondition(values.count == destination.channels)
      constant = values
    case .affine(let offset):
      affine = affineBuffer.map { ($0, offset) }
    }
    if let affine { reads.append(affine.buffer) }
    let width = AffineWidth()
    affineWidths.append(width)
    let type = inputs[0].type
    add(name, reads: reads, writes: [destination.buffer]) { [batch, kernels, constant, affine] memory in
      let run = bind(memory)
      let kernel = kernels[type].scaled_silu
      let to = memory.pointer(destination.buffer)
      let rows = affine.map { UnsafePointer(memory.floats($0.buffer)) + $0.offset }
      let step = width.value
      let range = destination.range?.native
      return {
        constant.withUnsafeBufferPointer { constant in
          withUnsafePointer(to: range ?? ndc_byte_range()) { bytes in
            for image in 0..<batch {
              var call = ndc_scaled_silu()
              call.positions = Int64(destination.positions)
              call.gain = rows.map { $0 + image * step } ?? constant.baseAddress
              call.range = range == nil ? nil : bytes
              call.output = to + image * destination.imageBytes
              run(image, &call, kernel)
            }
          }
        }
      }
    }
  }

  /// n = x/(1e-4 + ‖x‖₂/√C) at every position: scale·n, and silu(n), with `range` as bytes.
  func pixelNorm(
    _ name: String, _ x: Activation, scale: Float, as range: ByteRange? = nil
  ) -> (kept: Activation, activated: Activation) {
    let kept = activation(channels: x.channels, side: x.side, type: x.type)
    let activated = activation(channels: x.channels, side: x.side, type: x.type, range: range)
    normaliseRows(
      name, x, rows: batch * x.positions, channels: x.channels, scale: scale, into: kept, activated: activated)
    return (kept, activated)
  }

  /// The same of every head's channels, in place.
  func headNorm(_ name: String, _ x: Activation, heads: Int) {
    normaliseRows(name, x, rows: batch * x.positions * heads, channels: x.channels / heads, scale: 1, into: x)
  }

  private func normaliseRows(
    _ name: String, _ x: Activation, rows: Int, channels: Int, scale: Float, into kept: Activation,
    activated: Activation? = nil
  ) {
    add(
      name, reads: [x.buffer], writes: [kept.buffer] + (activated.map { [$0.buffer] } ?? [])
    ) { [kernels] memory in
      let run = kernels[x.type].pixel_norm
      let from = memory.pointer(x.buffer)
      let to = memory.pointer(kept.buffer)
      let active = activated.map { memory.pointer($0.buffer) }
      let range = activated?.range?.native
      return {
        withUnsafePointer(to: range ?? ndc_byte_range()) { bytes in
          var call = ndc_pixel_norm()
          call.input = UnsafeRawPointer(from)
          call.rows = Int64(rows)
          call.channels = Int64(channels)
          call.epsilon = 1e-4
          call.scale = scale
          call.kept = to
          call.activated = active
          call.range = range == nil ? nil : bytes
          run?(&call)
        }
      }
    }
  }

  /// No further from 0 than `limit`, in place.
  func clip(_ name: String, _ x: Activation, limit: Float) {
    add(name, reads: [x.buffer], writes: [x.buffer]) { [batch, kernels] memory in
      let run = kernels[x.type].clip
      let values = memory.pointer(x.buffer)
      let count = Int64(batch * x.channels * x.positions)
      return { run?(values, limit, count) }
    }
  }

  /// `source` with a channel of ones behind its own.
  func withOnes(_ name: String, _ source: Activation) -> Activation {
    let destination = activation(channels: source.channels + 1, side: source.side, type: source.type)
    add(name, reads: [source.buffer], writes: [destination.buffer]) { [batch] memory in
      let from = memory.pointer(source.buffer)
      let to = memory.pointer(destination.buffer)
      let narrow = source.channels * source.type.byteCount
      let wide = narrow + source.type.byteCount
      let one = Float(1).bitPattern
      return {
        for position in 0..<batch * source.positions {
          let place = to + position * wide
          place.copyMemory(from: from + position * narrow, byteCount: narrow)
          // bfloat16 is the upper half of a float.
          if source.type == .float32 {
            (place + narrow).storeBytes(of: one, as: UInt32.self)
          } else {
            (place + narrow).storeBytes(of: UInt16(one >> 16), as: UInt16.self)
          }
        }
      }
    }
    return destination
  }
}
