import Dispatch
import OneDNN
import Synchronization
import Testing

/// Convolutions of different element types made by several threads at once, each against sums of integers.
///
/// Without the lock of `Operation`, 40 to 158 of 1600 descriptions came out wrong on AVX-512 with bfloat16; other
/// machines take kernels that share nothing.
@Suite struct ParallelCreationTests {
  /// One convolution of three channels to eight; every value is a small integer, so that every type is exact.
  struct Convolution: Sendable {
    static let (inputs, outputs, kernel) = (3, 8, 3)

    var height: Int
    var width: Int
    var type: ElementType

    private var weights: [Int] {
      (0..<Self.outputs * Self.inputs * Self.kernel * Self.kernel).map { $0 * 7 % 5 - 2 }
    }

    private var source: [Int] { (0..<height * width * Self.inputs).map { $0 * 31 % 17 % 8 } }

    private var operation: Operation {
      get throws {
        let shape = ConvolutionShape(
          batch: 1, height: height, width: width, inputChannels: Self.inputs, outputChannels: Self.outputs,
          kernel: Self.kernel, padding: Padding(Self.kernel / 2), source: type, destination: .float32)
        guard type == .uint8 else { return try .convolution(shape, weights: weights.map(Float.init), bias: nil) }
        return try .quantizedConvolution(
          shape, weights: weights.map(Int8.init), scales: [Float](repeating: 1, count: Self.outputs), zeroPoint: 0,
          bias: nil)
      }
    }

    /// Whether a run of a new operation gives the sums.
    func isRight() throws -> Bool {
      let operation = try operation
      // Kernels load whole vectors, past the last of a picture's few channels.
      let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: source.count * type.byteCount + 64, alignment: 64)
      let scratchpad = UnsafeMutableRawPointer.allocate(byteCount: max(1, operation.scratchpadSize), alignment: 64)
      let expected = sums
      var found = [Float](repeating: .nan, count: expected.count)
      defer {
        memory.deallocate()
        scratchpad.deallocate()
      }
      memory.initializeMemory(as: UInt8.self, repeating: 0)
      for (place, value) in source.enumerated() {
        let offset = place * type.byteCount
        switch type {
        case .float32: memory.storeBytes(of: Float(value), toByteOffset: offset, as: Float.self)
        case .bfloat16:
          memory.storeBytes(
            of: UInt16(Float(value).bitPattern >> 16), toByteOffset: offset, as: UInt16.self)
        case .uint8: memory[offset] = UInt8(value)
        }
      }
      let input = try #require(memory.baseAddress)
      try found.withUnsafeMutableBytes { output in
        let output = try #require(output.baseAddress)
        try BoundCall(operation, source: UnsafeRawPointer(input), destination: output, scratchpad: scratchpad).run()
      }
      return found == expected
    }

    private var sums: [Float] {
      let (source, weights) = (source, weights)
      var sums = [Float](repeating: 0, count: height * width * Self.outputs)
      for y in 0..<height {
        for x in 0..<width {
          for dy in max(0, 1 - y)..<min(3, height + 1 - y) {
            for dx in max(0, 1 - x)..<min(3, width + 1 - x) {
              let pixel = ((y + dy - 1) * width + x + dx - 1) * Self.inputs
              for output in 0..<Self.outputs {
                for channel in 0..<Self.inputs {
                  let weight = weights[((output * Self.inputs + channel) * 3 + dy) * 3 + dx]
                  sums[(y * width + x) * Self.outputs + output] += Float(weight * source[pixel + channel])
                }
              }
            }
          }
        }
      }
      return sums
    }
  }

  @Test("Operations of different types made at once are each right")
  func atOnce() {
    let types: [ElementType] = Engine.hasBFloat16 ? [.float32, .bfloat16] : [.float32, .uint8]
    // Every size once: what oneDNN has made before it takes from its cache.
    let convolutions = (0..<1600).map { index in
      Convolution(height: 4 + index / 2 % 29, width: 4 + index / 2 / 29, type: types[index % 2])
    }
    let wrong = Mutex<[String]>([])
    let threads = 4
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for convolution in stride(from: thread, to: convolutions.count, by: threads).map({ convolutions[$0] }) {
        let problem: String?
        do {
          problem = try convolution.isRight() ? nil : "wrong"
        } catch {
          problem = "\(error)"
        }
        guard let problem else { continue }
        wrong.withLock {
          $0.append("\(convolution.height)×\(convolution.width) \(convolution.type): \(problem)")
        }
      }
    }
    wrong.withLock { #expect($0.isEmpty, "\($0.count) of \(convolutions.count): \($0.prefix(5))") }
  }
}
