import OneDNN

/// The fastest that convolutions run on this machine: 3×3, of sizes that networks have, one after the other on one
/// thread. What a whole network's rate is a share of.
public final class ConvolutionCeiling {
  /// Channels and side of the convolutions that are tried; each has four images.
  public static let shapes = [(64, 32), (128, 32), (256, 16), (256, 8)].map { Shape(channels: $0, side: $1) }

  public struct Shape: Hashable, Sendable, CustomStringConvertible {
    public var channels: Int
    public var side: Int

    public var description: String { "\(channels)x\(side)x\(side)" }
  }

  private static let batch = 4

  private let call: BoundCall
  private let arithmetic: Int
  private let buffers: [UnsafeMutableRawPointer]

  /// One thread's convolution, ready to run.
  ///
  /// - Throws: `EngineError` where oneDNN has no such convolution.
  public init(_ shape: Shape, precision: Precision) throws {
    let isInt8 = precision == .int8
    let source: ElementType = isInt8 ? .uint8 : precision.activations
    let destination = precision.activations
    let convolution = ConvolutionShape(
      batch: Self.batch, height: shape.side, width: shape.side, inputChannels: shape.channels,
      outputChannels: shape.channels, kernel: 3, padding: Padding(1), source: source, destination: destination)
    let count = shape.channels * shape.channels * 9
    let operation =
      isInt8
      ? try Operation.quantizedConvolution(
        convolution, weights: [Int8](repeating: 1, count: count),
        scales: [Float](repeating: 1, count: shape.channels), zeroPoint: 3, bias: nil)
      : try Operation.convolution(convolution, weights: [Float](repeating: 0.5, count: count), bias: nil)
    let elements = Self.batch * shape.channels * shape.side * shape.side
    let sizes = [elements * source.byteCount, elements * destination.byteCount, max(operation.scratchpadSize, 1)]
    let buffers = sizes.map { size in
      let pointer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
      pointer.initializeMemory(as: UInt8.self, repeating: 0, count: size)
      return pointer
    }
    self.buffers = buffers
    arithmetic = operation.arithmetic
    do {
      call = try BoundCall(operation, source: buffers[0], destination: buffers[1], scratchpad: buffers[2])
    } catch {
      for buffer in buffers { buffer.deallocate() }
      throw error
    }
  }

  deinit { for buffer in buffers { buffer.deallocate() } }

  /// Runs the convolution once; returns its operations.
  public func run() throws -> Int {
    Engine.useOneThread()
    try call.run()
    return arithmetic
  }
}
