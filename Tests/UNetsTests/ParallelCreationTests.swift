import Dispatch
import OneDNN
import Synchronization
import Testing

/// Convolutions of different element types made by several threads at once, each against the plain sums.
///
/// Without the lock of `Operation`, dozens of 1600 descriptions came out wrong on AVX-512 with bfloat16; other machines
/// take kernels that share nothing.
@Suite struct ParallelCreationTests {
  /// A 3×3 convolution of three channels; every value is a small integer, so that every type is exact.
  struct Convolution: Sendable, CustomStringConvertible {
    static let channels = 3

    var side: Int
    var outputs: Int
    var type: ElementType

    var description: String { "\(side)²×\(Self.channels)→\(outputs) \(type)" }

    private var weights: [Int] { (0..<outputs * Self.channels * 9).map { $0 * 7 % 5 - 2 } }

    /// C×H×W.
    private var image: [Int] { (0..<Self.channels * side * side).map { $0 * 31 % 17 % 8 } }

    private func operation() throws -> Operation {
      let shape = ConvolutionShape(
        batch: 1, height: side, width: side, inputChannels: Self.channels, outputChannels: outputs, kernel: 3,
        padding: Padding(1), source: type, destination: .float32)
      guard type == .uint8 else { return try .convolution(shape, weights: weights.map(Float.init), bias: nil) }
      return try .quantizedConvolution(
        shape, weights: weights.map(Int8.init), scales: [Float](repeating: 1, count: outputs), zeroPoint: 0, bias: nil)
    }

    /// Whether a run of a new operation gives the sums.
    func isRight() throws -> Bool {
      let operation = try operation()
      let area = side * side
      // Kernels load whole vectors, past the last of a picture's few channels.
      let source = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Self.channels * area * type.byteCount + 64, alignment: 64)
      let scratchpad = UnsafeMutableRawPointer.allocate(byteCount: max(1, operation.scratchpadSize), alignment: 64)
      defer {
        source.deallocate()
        scratchpad.deallocate()
      }
      source.initializeMemory(as: UInt8.self, repeating: 0)
      for (index, value) in image.enumerated() {
        let offset = (index % area * Self.channels + index / area) * type.byteCount
        switch type {
        case .float32: source.storeBytes(of: Float(value), toByteOffset: offset, as: Float.self)
        case .bfloat16:
          source.storeBytes(of: UInt16(Float(value).bitPattern >> 16), toByteOffset: offset, as: UInt16.self)
        case .uint8: source[offset] = UInt8(value)
        }
      }
      var found = [Float](repeating: .nan, count: outputs * area)
      let input = try #require(source.baseAddress)
      try found.withUnsafeMutableBytes { destination in
        let destination = try #require(destination.baseAddress)
        try BoundCall(
          operation, source: UnsafeRawPointer(input), destination: destination, scratchpad: scratchpad
        ).run()
      }
      let expected = ReferenceMap(channels: Self.channels, side: side, values: image.map(Double.init))
        .convolved(weights.map(Double.init), outputs: outputs, kernel: 3, padding: 1)
      return expected.values.enumerated().allSatisfy { index, sum in
        Double(found[index % area * outputs + index / area]) == sum
      }
    }
  }

  @Test("Operations of different types made at once are each right")
  func atOnce() {
    let types: [ElementType] = Engine.hasBFloat16 ? [.float32, .bfloat16] : [.float32, .uint8]
    // Each once: what oneDNN has described before it takes from its cache.
    let convolutions = (4..<24).flatMap { side in
      (1...40).flatMap { outputs in types.map { Convolution(side: side, outputs: outputs, type: $0) } }
    }
    let threads = 4
    let wrong = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for index in stride(from: thread, to: convolutions.count, by: threads) {
        let convolution = convolutions[index]
        do {
          if try convolution.isRight() { continue }
          wrong.withLock { $0.append("\(convolution)") }
        } catch {
          wrong.withLock { $0.append("\(convolution): \(error)") }
        }
      }
    }
    wrong.withLock { #expect($0.isEmpty, "\($0.count) of \(convolutions.count): \($0.prefix(5))") }
  }
}
