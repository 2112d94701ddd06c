import Basics
import Dispatch
import OneDNN
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

    /// H×W×C values in the element type, and zeros: kernels load whole vectors, past a picture's few channels.
    private var source: [UInt8] {
      let (image, area) = (image, side * side)
      let bytes = image.indices.flatMap { index -> [UInt8] in
        let value = Float(image[index % Self.channels * area + index / Self.channels])
        return switch type {
        case .float32: withUnsafeBytes(of: value, Array.init)
        case .bfloat16: withUnsafeBytes(of: UInt16(value.bitPattern >> 16), Array.init)
        case .uint8: [UInt8(value)]
        }
      }
      return bytes + [UInt8](repeating: 0, count: 64)
    }

    /// Whether a run of a new operation gives the sums.
    func isRight() throws -> Bool {
      let area = side * side
      var found = [Float](repeating: .nan, count: outputs * area)
      try operation().run(source, into: &found)
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
    let wrong = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: convolutions.count) { index in
      let convolution = convolutions[index]
      do {
        if try convolution.isRight() { return }
        wrong.withLock { $0.append("\(convolution)") }
      } catch {
        wrong.withLock { $0.append("\(convolution): \(error)") }
      }
    }
    wrong.withLock { #expect($0.isEmpty, "\($0.count) of \(convolutions.count): \($0.prefix(5))") }
  }
}
