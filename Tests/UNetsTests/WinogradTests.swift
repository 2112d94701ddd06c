import CKernels
import OneDNN
import Testing
import UNets

/// Winograd's form of 3×3 convolutions against the direct sum, in every instruction set that has it.
@Suite struct WinogradTests {
  struct Shape: Sendable, CustomStringConvertible {
    var images = 1
    var height: Int
    var width: Int
    var channels: Int
    var outputs: Int
    var adds = false

    var positions: Int { images * height * width }
    var description: String { "\(images)×\(height)×\(width)×\(channels)→\(outputs)\(adds ? ", added" : "")" }
  }

  static let sets = KernelSet.allCases.filter(\.isSupportedHere)
  static let byteSets = sets.filter { $0[.float32].winograd_bytes != nil }

  /// Sides that tiles fill and that they do not, several blocks of tiles, sums that are begun and gone on with.
  static let shapes = [
    Shape(height: 4, width: 4, channels: 32, outputs: 32), Shape(height: 1, width: 1, channels: 32, outputs: 32),
    Shape(images: 3, height: 5, width: 7, channels: 64, outputs: 32, adds: true),
    Shape(images: 2, height: 6, width: 3, channels: 32, outputs: 96),
    Shape(images: 2, height: 32, width: 32, channels: 64, outputs: 32, adds: true),
    Shape(height: 9, width: 8, channels: 288, outputs: 32),
  ]

  /// Σ of products over the neighbours inside the picture, by position and output.
  private static func direct<Value: Numeric>(_ shape: Shape, _ input: [Value], _ weights: [Value]) -> [Value] {
    var sums = [Value](repeating: 0, count: shape.positions * shape.outputs)
    let (height, width, channels) = (shape.height, shape.width, shape.channels)
    for image in 0..<shape.images {
      for y in 0..<height {
        for x in 0..<width {
          for output in 0..<shape.outputs {
            var sum: Value = 0
            for i in max(0, 1 - y)..<min(3, height + 1 - y) {
              for j in max(0, 1 - x)..<min(3, width + 1 - x) {
                let from = ((image * height + y + i - 1) * width + x + j - 1) * channels
                for c in 0..<channels {
                  sum += input[from + c] * weights[(output * channels + c) * 9 + 3 * i + j]
                }
              }
            }
            sums[((image * height + y) * width + x) * shape.outputs + output] = sum
          }
        }
      }
    }
    return sums
  }

  private typealias Kernel = @convention(c) (UnsafePointer<ndc_winograd>?) -> Void

  /// Runs a kernel on memory that holds NaNs where it should not look.
  private static func run<Input, Weight, Output>(
    _ kernel: Kernel?, _ shape: Shape, _ input: [Input], weights: [Weight], bias: [Float], scales: [Float] = [],
    zeroPoint: Int = 0, tall: Int = 2, onto output: [Output]
  ) throws -> [Output] {
    let kernel = try #require(kernel)
    var output = output
    var call = ndc_winograd()
    call.images = Int64(shape.images)
    call.height = Int64(shape.height)
    call.width = Int64(shape.width)
    call.channels = Int64(shape.channels)
    call.outputs = Int64(shape.outputs)
    call.adds = shape.adds ? 1 : 0
    call.zero_point = Int32(zeroPoint)
    let bytes = Int(ndc_winograd_scratch(&call, Int64(tall), Int64(MemoryLayout<Weight>.size)))
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    scratch.initializeMemory(as: UInt8.self, repeating: 0xff, count: bytes)
    defer { scratch.deallocate() }
    call.scratch = scratch
    input.withUnsafeBytes { input in
      weights.withUnsafeBytes { weights in
        bias.withUnsafeBufferPointer { bias in
          scales.withUnsafeBufferPointer { scales in
            output.withUnsafeMutableBytes { output in
              call.input = input.baseAddress
              call.weights = weights.baseAddress
              call.bias = bias.baseAddress
              call.scales = scales.baseAddress
              call.output = output.baseAddress
              kernel(&call)
            }
          }
        }
      }
    }
    return output
  }

  private static func transformed(_ shape: Shape, _ weights: [Float]) -> [Float] {
    var result = [Float](repeating: .nan, count: 16 * shape.outputs * shape.channels)
    ndc_winograd_weights_f32(weights, Int64(shape.outputs), Int64(shape.channels), &result)
    return result
  }

  private static func transformed(_ shape: Shape, _ weights: [Int8], tall: Int) -> [Int16] {
    var result = [Int16](repeating: -1, count: 4 * (tall + 2) * shape.outputs * shape.channels)
    ndc_winograd_weights_s8(weights, Int64(shape.outputs), Int64(shape.channels), Int64(tall), &result)
    return result
  }

  @Test("In fp32 it is the direct sum to a few roundings", arguments: sets, shapes)
  func floats(set: KernelSet, shape: Shape) throws {
    var generator = Generator(seed: 3)
    let input = generator.values(shape.positions * shape.channels)
    let weights = generator.values(shape.outputs * shape.channels * 9)
    let bias = generator.values(shape.outputs)
    let before = generator.values(shape.positions * shape.outputs)
    let output = try Self.run(
      set[.float32].winograd, shape, input, weights: Self.transformed(shape, weights), bias: bias, onto: before)
    let sums = Self.direct(shape, input.map(Double.init), weights.map(Double.init))
    let largest = sums.reduce(0) { max($0, abs($1)) }
    for (index, sum) in sums.enumerated() {
      let expected = sum + Double(bias[index % shape.outputs]) + (shape.adds ? Double(before[index]) : 0)
      #expect(abs(Double(output[index]) - expected) <= 2e-6 * largest)
    }
  }

  @Test("In bf16 it is the direct sum to bf16's roundings", arguments: shapes)
  func bfloats(shape: Shape) throws {
    for set in Self.sets {
      guard let kernel = set[.bfloat16].winograd else { continue }
      var generator = Generator(seed: 4)
      func bits(_ values: [Float]) -> [UInt16] { values.map { UInt16($0.bitPattern >> 16) } }
      func floats(_ bits: [UInt16]) -> [Float] { bits.map { Float(bitPattern: UInt32($0) << 16) } }
      let input = bits(generator.values(shape.positions * shape.channels))
      let weights = generator.values(shape.outputs * shape.channels * 9)
      let bias = generator.values(shape.outputs)
      let before = bits(generator.values(shape.positions * shape.outputs))
      var transformed = [UInt16](repeating: 0x7fff, count: 16 * shape.outputs * shape.channels)
      ndc_winograd_weights_bf16(weights, Int64(shape.outputs), Int64(shape.channels), &transformed)
      let output = floats(
        try Self.run(kernel, shape, input, weights: transformed, bias: bias, onto: before))
      let sums = Self.direct(shape, floats(input).map(Double.init), weights.map(Double.init))
      let largest = sums.reduce(0) { max($0, abs($1)) }
      for (index, sum) in sums.enumerated() {
        let existing = shape.adds ? Double(floats([before[index]])[0]) : 0
        let expected = sum + Double(bias[index % shape.outputs]) + existing
        #expect(abs(Double(output[index]) - expected) <= 0.012 * largest)
      }
    }
  }

  @Test("Over bytes it is the direct sum of integers, at their limits too", arguments: shapes, [2, 4])
  func bytes(shape: Shape, tall: Int) throws {
    for set in Self.byteSets {
      for zeroPoint in [0, 37, 255] {
        for limits in [false, true] {
          var generator = Generator(seed: UInt64(zeroPoint))
          func fraction() -> Float { (generator.next() + 2) / 4 }
          let input = (0..<shape.positions * shape.channels).map { _ in
            limits ? (fraction() < 0.7 ? 255 : 0) : UInt8(fraction() * 255)
          }
          let weights = (0..<shape.outputs * shape.channels * 9).map { _ in
            limits ? (fraction() < 0.7 ? 127 : -127) : Int8((2 * fraction() - 1) * 127)
          }
          let bias = (0..<shape.outputs).map { Float($0 % 5) }
          let scales = (0..<shape.outputs).map { $0.isMultiple(of: 2) ? Float(0.5) : 2 }
          let before = (0..<shape.positions * shape.outputs).map { Float($0 % 3) }
          let output = try Self.run(
            tall == 4 ? set[.float32].winograd_tall_bytes : set[.float32].winograd_bytes, shape, input,
            weights: Self.transformed(shape, weights, tall: tall), bias: bias, scales: scales, zeroPoint: zeroPoint,
            tall: tall, onto: before)
          let sums = Self.direct(shape, input.map { Int($0) - zeroPoint }, weights.map(Int.init))
          let expected = sums.enumerated().map { index, sum in
            (Float(sum) + bias[index % shape.outputs]) * scales[index % shape.outputs]
              + (shape.adds ? before[index] : 0)
          }
          #expect(output == expected, "\(set), zero point \(zeroPoint), limits \(limits)")
        }
      }
    }
  }

  @Test("Sums in between may wrap: the largest that still fits is exact, and the form is chosen by that")
  func largestSums() throws {
    let shape = Shape(height: 4, width: 2, channels: 256, outputs: 32)
    let input = [UInt8](repeating: 255, count: shape.positions * shape.channels)
    // 48 · 2304 · 255 · 76 is 0.2 % below 2³¹; 77 is beyond.
    for (weight, tall) in [(76, 4), (77, 2), (127, 2)] {
      // One weight of a magnitude that no finer step can give keeps every channel's step at 1.
      var values = [Float](repeating: Float(weight), count: shape.outputs * shape.channels * 9)
      for output in 0..<shape.outputs { values[output * shape.channels * 9] = 127 }
      let quantized = QuantizedWeights(values, outputs: shape.outputs, inputScale: 1, limit: 127, bias: nil)
      let sum = quantized.values.prefix(shape.channels * 9).reduce(0) { $0 + Int($1) }
      let bound = quantized.largestSum(outputs: shape.outputs, zeroPoint: 0)
      #expect(bound == 255 * sum)
      #expect(quantized.largestSum(outputs: shape.outputs, zeroPoint: 200) == 200 * sum)
      #expect(WinogradForm.tallestTile(largestSum: bound) == tall)
      for set in Self.byteSets {
        let output = try Self.run(
          tall == 4 ? set[.float32].winograd_tall_bytes : set[.float32].winograd_bytes, shape, input,
          weights: Self.transformed(shape, quantized.values, tall: tall),
          bias: [Float](repeating: 0, count: shape.outputs), scales: [Float](repeating: 1, count: shape.outputs),
          tall: tall, onto: [Float](repeating: 0, count: shape.positions * shape.outputs))
        let expected = Self.direct(shape, input.map(Int.init), quantized.values.map(Int.init)).map { Float($0) }
        #expect(output == expected, "\(set), weights of \(weight)")
      }
    }
    #expect(WinogradForm.tallestTile(largestSum: Int(Int32.max) / 4) == 2)
    #expect(WinogradForm.tallestTile(largestSum: Int(Int32.max) / 4 + 1) == nil)
  }

  @Test("A picture's result is its own, bit for bit, whatever shares its batch", arguments: sets)
  func independence(set: KernelSet) throws {
    let together = Shape(images: 5, height: 6, width: 5, channels: 64, outputs: 64)
    var alone = together
    alone.images = 1
    var generator = Generator(seed: 5)
    let input = generator.values(together.positions * together.channels)
    let weights = Self.transformed(together, generator.values(together.outputs * together.channels * 9))
    let bias = generator.values(together.outputs)
    let all = try Self.run(
      set[.float32].winograd, together, input, weights: weights, bias: bias,
      onto: [Float](repeating: 0, count: together.positions * together.outputs))
    let size = alone.positions * alone.outputs
    for image in 0..<together.images {
      let values = alone.positions * alone.channels
      let one = try Self.run(
        set[.float32].winograd, alone, Array(input[image * values..<(image + 1) * values]), weights: weights,
        bias: bias, onto: [Float](repeating: 0, count: size))
      #expect(one == Array(all[image * size..<(image + 1) * size]))
    }
  }
}
