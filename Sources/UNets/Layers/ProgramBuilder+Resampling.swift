import CKernels
import OneDNN

extension ProgramBuilder {
  /// Halves or doubles the sides of `source` into a new activation, or into `destination`.
  func resample(
    _ name: String, _ source: Activation, _ filter: ResampleFilter, padding: Int? = nil, bias: [Float]? = nil,
    into destination: Activation? = nil
  ) -> Activation {
    let padding = padding ?? filter.padding
    let doubles = filter.direction == .up
    let side =
      doubles
      ? 2 * (source.side - 1) + filter.taps - 2 * padding : (source.side + 2 * padding - filter.taps) / 2 + 1
    let destination = destination ?? activation(channels: source.channels, side: side, type: source.type)
    precondition(destination.side == side && destination.channels == source.channels)
    add(name, reads: [source.buffer], writes: [destination.buffer]) { [batch, kernels] memory in
      let from = memory.pointer(source.buffer)
      let to = memory.pointer(destination.buffer)
      let run = kernels[source.type].resample
      return {
        filter.values.withUnsafeBufferPointer { values in
          (bias ?? []).withUnsafeBufferPointer { biasValues in
            for image in 0..<batch {
              var call = ndc_resample(
                input: from + image * source.imageBytes, output: to + image * destination.imageBytes,
                height: Int64(source.side), width: Int64(source.side), channels: Int64(source.channels),
                taps: Int64(filter.taps), padding: Int64(padding), filter: values.baseAddress,
                doubles: doubles ? 1 : 0, bias: bias == nil ? nil : biasValues.baseAddress)
              run?(&call)
            }
          }
        }
      }
    }
    return destination
  }
}
