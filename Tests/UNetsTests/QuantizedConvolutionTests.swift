import OneDNN
import Testing
import UNets

/// Convolutions over bytes against integers: the library's kernels, at the limits of the arithmetic in use here.
@Suite struct QuantizedConvolutionTests {
  struct Shape: Sendable, CustomStringConvertible {
    var batch = 1
    var side: Int
    var inputs: Int
    var outputs: Int
    var kernel = 3
    var zeroPoint: Int
    var adds = false

    var description: String {
      "\(batch)×\(side)²×\(inputs)→\(outputs), \(kernel)×\(kernel), z \(zeroPoint)\(adds ? ", added" : "")"
    }
  }

  /// Channel counts that fill vectors and that do not, with and without zero points, and both kinds of kernel. The
  /// largest sum, 288·255·64, is below 2²⁴: every float here is exact.
  static let shapes = [
    Shape(side: 8, inputs: 16, outputs: 16, zeroPoint: 0), Shape(side: 8, inputs: 32, outputs: 32, zeroPoint: 13),
    Shape(batch: 4, side: 4, inputs: 32, outputs: 48, zeroPoint: 31, adds: true),
    Shape(side: 5, inputs: 20, outputs: 12, zeroPoint: 90), Shape(side: 3, inputs: 3, outputs: 5, zeroPoint: 7),
    Shape(side: 1, inputs: 32, outputs: 32, zeroPoint: 64, adds: true),
    Shape(batch: 2, side: 8, inputs: 64, outputs: 96, kernel: 1, zeroPoint: 128),
    Shape(side: 4, inputs: 24, outputs: 8, kernel: 1, zeroPoint: 1, adds: true),
  ]

  /// How bytes are chosen.
  enum Values: CaseIterable {
    /// Everything at its limit: the largest sums, upwards and downwards.
    case largest, smallest
    /// Mostly at the limits, weights of both signs.
    case mixed
    case any
  }

  private static func operands(
    _ shape: Shape, _ values: Values, _ arithmetic: Int8Arithmetic
  ) -> (inputs: [UInt8], weights: [Int8]) {
    var generator = Generator(seed: 11)
    func fraction() -> Float { (generator.next() + 2) / 4 }
    let (top, limit) = (Float(arithmetic.activationLimit), Float(arithmetic.weightLimit))
    let inputs = (0..<shape.batch * shape.side * shape.side * shape.inputs).map { _ -> UInt8 in
      switch values {
      case .largest, .smallest: UInt8(top)
      case .mixed: fraction() < 0.7 ? UInt8(top) : 0
      case .any: UInt8(fraction() * top)
      }
    }
    let weights = (0..<shape.outputs * shape.inputs * shape.kernel * shape.kernel).map { _ -> Int8 in
      switch values {
      case .largest: Int8(limit)
      case .smallest: Int8(-limit)
      case .mixed: fraction() < 0.7 ? Int8(limit) : Int8(-limit)
      case .any: Int8((2 * fraction() - 1) * limit)
      }
    }
    return (inputs, weights)
  }

  /// How many outputs differ from the integer sums.
  private static func mistakes(_ shape: Shape, _ values: Values, _ arithmetic: Int8Arithmetic) throws -> Int {
    let (inputs, weights) = operands(shape, values, arithmetic)
    let count = shape.batch * shape.side * shape.side * shape.outputs
    // Powers of two, so that products with them are exact.
    let scales = (0..<shape.outputs).map { Float($0 % 2 == 0 ? 0.5 : 2) }
    let bias = (0..<shape.outputs).map { Float(3 * $0 - 20) }
    let before = (0..<count).map { Float($0 % 17) }
    var found = shape.adds ? before : [Float](repeating: .nan, count: count)
    let operation = try Operation.quantizedConvolution(
      ConvolutionShape(
        batch: shape.batch, height: shape.side, width: shape.side, inputChannels: shape.inputs,
        outputChannels: shape.outputs, kernel: shape.kernel, padding: Padding(shape.kernel / 2), source: .uint8,
        destination: .float32, addsToDestination: shape.adds),
      weights: weights, scales: scales, zeroPoint: shape.zeroPoint, bias: bias)
    try operation.run(inputs, into: &found)
    var mistakes = 0
    for (index, value) in found.enumerated() {
      let (output, position) = (index % shape.outputs, index / shape.outputs)
      let sum = sum(shape, inputs, weights, output: output, position: position)
      let expected = scales[output] * (Float(sum) + bias[output]) + (shape.adds ? before[index] : 0)
      if value != expected { mistakes += 1 }
    }
    return mistakes
  }

  /// Σ (u − z)·w over the taps inside the image.
  private static func sum(_ shape: Shape, _ inputs: [UInt8], _ weights: [Int8], output: Int, position: Int) -> Int {
    let pixels = shape.side * shape.side
    let (image, y, x) = (position / pixels, position % pixels / shape.side, position % shape.side)
    var sum = 0
    for i in 0..<shape.kernel {
      for j in 0..<shape.kernel {
        let (row, column) = (y + i - shape.kernel / 2, x + j - shape.kernel / 2)
        guard (0..<shape.side).contains(row), (0..<shape.side).contains(column) else { continue }
        let first = (image * pixels + row * shape.side + column) * shape.inputs
        for channel in 0..<shape.inputs {
          let weight = weights[((output * shape.inputs + channel) * shape.kernel + i) * shape.kernel + j]
          sum += (Int(inputs[first + channel]) - shape.zeroPoint) * Int(weight)
        }
      }
    }
    return sum
  }

  @Test("Sums are exact in the arithmetic in use here", arguments: shapes, Values.allCases)
  func exact(shape: Shape, values: Values) throws {
    #expect(try Self.mistakes(shape, values, .here) == 0)
  }

  @Test("Sums are exact in the narrow arithmetic on every machine", arguments: shapes, Values.allCases)
  func narrow(shape: Shape, values: Values) throws {
    #expect(try Self.mistakes(shape, values, .narrow) == 0)
  }

  @Test(
    "All eight bits saturate where products meet in 16 bits: the fault that the narrow arithmetic avoids",
    .enabled(if: !Engine.hasByteProducts && Engine.instructionSet != "generic", "this machine has VNNI"))
  func saturation() throws {
    #expect(try Self.mistakes(Self.shapes[1], .largest, .full) > 0)
  }

  @Test("The narrow arithmetic is as wide as 16 bits allow, the full one as wide as bytes")
  func limits() {
    #expect(Int8Arithmetic.narrow.fitsSixteenBits)
    let (top, limit) = (Int8Arithmetic.narrow.activationLimit, Int8Arithmetic.narrow.weightLimit)
    #expect(!Int8Arithmetic(activationLimit: top, weightLimit: limit + 1).fitsSixteenBits)
    #expect(!Int8Arithmetic.full.fitsSixteenBits)
    #expect(Int8Arithmetic.here == (Engine.hasByteProducts ? .full : .narrow))
    // Both are told apart in a record.
    #expect(Int8Arithmetic.full.description != Int8Arithmetic.narrow.description)
  }
}
