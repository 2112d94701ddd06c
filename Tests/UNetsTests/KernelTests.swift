import CKernels
import Foundation
import OneDNN
import Testing
import UNets

/// The fused kernels of every instruction set against plain double-precision formulas (Docs/Networks.md, Pieces).
@Suite struct KernelTests {
  static let sets = KernelSet.allCases.filter(\.isSupportedHere)
  /// A handful of float roundings of values of order one.
  static let tolerance: Float = 4e-6

  struct Shape: Sendable, CustomStringConvertible {
    var first, second, positions: Int
    var description: String { "\(first)+\(second)×\(positions)" }
  }

  /// Channel counts that are and are not multiples of every vector width, and a concatenation that splits a group.
  static let shapes = [
    Shape(first: 32, second: 0, positions: 64), Shape(first: 36, second: 0, positions: 49),
    Shape(first: 20, second: 12, positions: 16), Shape(first: 128, second: 64, positions: 33),
    Shape(first: 4, second: 0, positions: 1),
  ]

  @Test("The portable kernels run everywhere")
  func portableIsSupported() { #expect(Self.sets.first == .portable) }

  @Test("Group normalisation with every kind of embedding equals its formula", arguments: sets, shapes)
  func groupNorm(set: KernelSet, shape: Shape) {
    for embedding in 0..<3 {
      var generator = Generator(seed: UInt64(shape.positions + embedding))
      let channels = shape.first + shape.second
      let groups = max(1, min(32, channels / 4))
      // A mean far from zero: a variance that cancels would show.
      let first = generator.values(shape.first * shape.positions, offset: 20)
      let second = generator.values(shape.second * shape.positions, offset: 20)
      let gamma = generator.values(channels)
      let beta = generator.values(channels)
      let extra = generator.values(2 * channels)
      var output = [Float](repeating: .nan, count: channels * shape.positions)
      var scratch = [Double](repeating: 0, count: 4 * channels)
      gamma.withUnsafeBufferPointer { gamma in
        beta.withUnsafeBufferPointer { beta in
          first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer { second in
              extra.withUnsafeBufferPointer { extra in
                output.withUnsafeMutableBufferPointer { output in
                  scratch.withUnsafeMutableBufferPointer { scratch in
                    var call = ndc_group_norm(
                      first: first.baseAddress, second: second.baseAddress, first_channels: Int64(shape.first),
                      second_channels: Int64(shape.second), positions: Int64(shape.positions), groups: Int64(groups),
                      epsilon: 1e-5, gamma: gamma.baseAddress, beta: beta.baseAddress,
                      shift_before: embedding == 1 ? extra.baseAddress : nil,
                      scale_after: embedding == 2 ? extra.baseAddress : nil,
                      shift_after: embedding == 2 ? extra.baseAddress.map { $0 + channels } : nil, apply_silu: 1,
                      output: output.baseAddress, scratch: scratch.baseAddress)
                    set[.float32].group_norm(&call)
                  }
                }
              }
            }
          }
        }
      }
      let expected = reference(
        shape, first, second, gamma: gamma, beta: beta, extra: extra, embedding: embedding, groups: groups)
      for (index, value) in output.enumerated() {
        #expect(abs(value - Float(expected[index])) <= 20 * Self.tolerance * max(1, abs(Float(expected[index]))))
      }
    }
  }

  private func reference(
    _ shape: Shape, _ first: [Float], _ second: [Float], gamma: [Float], beta: [Float], extra: [Float],
    embedding: Int, groups: Int
  ) -> [Double] {
    let channels = shape.first + shape.second
    func input(_ position: Int, _ channel: Int) -> Double {
      let value =
        channel < shape.first
        ? first[position * shape.first + channel] : second[position * shape.second + channel - shape.first]
      return Double(value) + (embedding == 1 ? Double(extra[channel]) : 0)
    }
    var output = [Double](repeating: 0, count: channels * shape.positions)
    let size = channels / groups
    for group in 0..<groups {
      let members = (0..<shape.positions).flatMap { p in (group * size..<(group + 1) * size).map { input(p, $0) } }
      let mean = members.reduce(0, +) / Double(members.count)
      let variance = members.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(members.count)
      for p in 0..<shape.positions {
        for c in group * size..<(group + 1) * size {
          var y = (input(p, c) - mean) / (variance + 1e-5).squareRoot() * Double(gamma[c]) + Double(beta[c])
          if embedding == 2 { y = y * (Double(extra[c]) + 1) + Double(extra[channels + c]) }
          output[p * channels + c] = y / (1 + exp(-y))
        }
      }
    }
    return output
  }

  @Test("SiLU equals x·sigmoid(x) over the whole range and keeps NaN", arguments: sets)
  func silu(set: KernelSet) {
    let input = (-4000...4000).map { Float($0) / 37 } + [-1e30, 1e30, 0, .nan]
    var output = [Float](repeating: 0, count: input.count)
    set.functions.silu(input, &output, Int64(input.count))
    for (x, y) in zip(input, output) {
      guard !x.isNaN else {
        #expect(y.isNaN)
        continue
      }
      let expected = Double(x) / (1 + exp(-Double(x)))
      #expect(abs(Double(y) - expected) <= 1e-6 * max(1, abs(expected)), "x = \(x)")
    }
  }

  @Test("Softmax rows equal their formula and sum to one, huge scores included", arguments: sets, [1, 5, 16, 64, 100])
  func softmax(set: KernelSet, columns: Int) {
    var generator = Generator(seed: UInt64(columns))
    let rows = 3
    var values = generator.values(rows * columns).map { $0 * 30 }
    values[0] = 500
    let input = values
    var scores = values
    set[.float32].softmax(&scores, &values, Int64(rows), Int64(columns))
    for row in 0..<rows {
      let scores = input[row * columns..<(row + 1) * columns].map(Double.init)
      let top = scores.max() ?? 0
      let total = scores.map { exp($0 - top) }.reduce(0, +)
      for column in 0..<columns {
        #expect(abs(Double(values[row * columns + column]) - exp(scores[column] - top) / total) < 1e-6)
      }
    }
  }

  struct Filter: Sendable, CustomStringConvertible {
    var weights: [Double]
    var doubles: Bool
    var description: String { "\(weights) \(doubles ? "up" : "down")" }
  }

  static let filters = [[1.0, 1], [1, 3, 3, 1], [1, 2, 4, 4, 2, 1]].flatMap {
    [Filter(weights: $0, doubles: false), Filter(weights: $0, doubles: true)]
  }

  @Test("Resampling equals a depthwise (transposed) correlation", arguments: sets, filters)
  func resample(set: KernelSet, filter: Filter) {
    var generator = Generator(seed: 5)
    let (side, channels, taps) = (6, 11, filter.weights.count)
    let padding = (taps - 1) / 2
    let sum = filter.weights.reduce(0, +)
    let kernel = filter.weights.flatMap { a in
      filter.weights.map { b in Float(a * b / (sum * sum) * (filter.doubles ? 4 : 1)) }
    }
    let input = generator.values(side * side * channels)
    let outputSide = filter.doubles ? 2 * side : side / 2
    var output = [Float](repeating: .nan, count: outputSide * outputSide * channels)
    input.withUnsafeBufferPointer { input in
      kernel.withUnsafeBufferPointer { kernel in
        output.withUnsafeMutableBufferPointer { output in
          var call = ndc_resample(
            input: input.baseAddress, output: output.baseAddress, height: Int64(side), width: Int64(side),
            channels: Int64(channels), taps: Int64(taps), padding: Int64(padding), filter: kernel.baseAddress,
            doubles: filter.doubles ? 1 : 0, bias: nil)
          set[.float32].resample(&call)
        }
      }
    }
    var expected = [Double](repeating: 0, count: output.count)
    for y in 0..<side * (filter.doubles ? 1 : 0) {
      for x in 0..<side {
        for i in 0..<taps {
          for j in 0..<taps {
            let (outY, outX) = (2 * y + i - padding, 2 * x + j - padding)
            guard (0..<outputSide).contains(outY), (0..<outputSide).contains(outX) else { continue }
            for c in 0..<channels {
              expected[(outY * outputSide + outX) * channels + c] +=
                Double(input[(y * side + x) * channels + c]) * Double(kernel[i * taps + j])
            }
          }
        }
      }
    }
    if !filter.doubles {
      for y in 0..<outputSide {
        for x in 0..<outputSide {
          for i in 0..<taps {
            for j in 0..<taps {
              let (inY, inX) = (2 * y + i - padding, 2 * x + j - padding)
              guard (0..<side).contains(inY), (0..<side).contains(inX) else { continue }
              for c in 0..<channels {
                expected[(y * outputSide + x) * channels + c] +=
                  Double(input[(inY * side + inX) * channels + c]) * Double(kernel[i * taps + j])
              }
            }
          }
        }
      }
    }
    for (value, wanted) in zip(output, expected) { #expect(abs(Double(value) - wanted) < 1e-5) }
  }

  @Test("A picture in four parts is normalised as the whole is, and put together", arguments: sets, [16, 20, 64])
  func phasedGroupNorm(set: KernelSet, channels: Int) {
    var generator = Generator(seed: UInt64(channels))
    let (side, groups) = (6, channels / 4)
    // A mean far from zero, and parts whose means differ: pooling that cancels would show.
    let parts = (0..<4).map { part in
      generator.values(side * side * channels, offset: 5 + Float(part)).map { bfloat(bits($0)) }
    }
    let whole = (0..<4 * side * side).flatMap { position in
      let (y, x) = (position / (2 * side), position % (2 * side))
      let place = (y / 2 * side + x / 2) * channels
      return parts[2 * (y % 2) + x % 2][place..<place + channels]
    }
    let gamma = generator.values(channels)
    let beta = generator.values(channels)
    let extra = generator.values(channels)
    var range = ndc_byte_range(inverse_scale: 1 / 0.011, zero_point: 26, top: 255)
    func call(
      _ first: UnsafeRawPointer?, _ output: UnsafeMutableRawPointer?, _ run: (inout ndc_group_norm) -> Void
    ) {
      var scratch = [Double](repeating: 0, count: 4 * channels)
      gamma.withUnsafeBufferPointer { gamma in
        beta.withUnsafeBufferPointer { beta in
          extra.withUnsafeBufferPointer { extra in
            scratch.withUnsafeMutableBufferPointer { scratch in
              var call = ndc_group_norm(
                first: first, second: nil, first_channels: Int64(channels), second_channels: 0,
                positions: Int64(4 * side * side), groups: Int64(groups), epsilon: 1e-5, gamma: gamma.baseAddress,
                beta: beta.baseAddress, shift_before: extra.baseAddress, scale_after: nil, shift_after: nil,
                apply_silu: 1, output: output, scratch: scratch.baseAddress)
              run(&call)
            }
          }
        }
      }
    }
    func withPhases(_ parts: [UnsafeRawPointer?], _ body: (inout ndc_phases) -> Void) {
      var phases = ndc_phases(parts: (parts[0], parts[1], parts[2], parts[3]), width: Int64(side))
      body(&phases)
    }
    var expected = [Float](repeating: .nan, count: whole.count)
    var output = expected
    whole.withUnsafeBytes { whole in call(whole.baseAddress, &expected) { set[.float32].group_norm(&$0) } }
    parts[0].withUnsafeBytes { a in
      parts[1].withUnsafeBytes { b in
        parts[2].withUnsafeBytes { c in
          parts[3].withUnsafeBytes { d in
            withPhases([a, b, c, d].map(\.baseAddress)) { phases in
              call(nil, &output) { set[.float32].phased_group_norm(&$0, &phases) }
            }
          }
        }
      }
    }
    #expect(zip(output, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 1 <= 20 * Self.tolerance)

    let narrow = parts.map { $0.map(bits) }
    var bytes = [UInt8](repeating: 77, count: whole.count)
    var half = [UInt16](repeating: 0, count: whole.count)
    narrow[0].withUnsafeBytes { a in
      narrow[1].withUnsafeBytes { b in
        narrow[2].withUnsafeBytes { c in
          narrow[3].withUnsafeBytes { d in
            withPhases([a, b, c, d].map(\.baseAddress)) { phases in
              call(nil, &bytes) { set[.bfloat16].phased_quantized_group_norm(&$0, &phases, &range) }
              call(nil, &half) { set[.bfloat16].phased_group_norm(&$0, &phases) }
            }
          }
        }
      }
    }
    for (place, value) in expected.enumerated() {
      #expect(abs(Float(bytes[place]) - max(0, min(255, value / 0.011 + 26))) <= 0.52)
      #expect(abs(bfloat(half[place]) - value) <= abs(value) / 128 + 1e-5)
    }
  }

  @Test(
    "A narrow convolution equals its formula at the borders too, added to what is there or not", arguments: sets,
    [(16, 1), (20, 3), (128, 3), (5, 2)])
  func narrowConvolution(set: KernelSet, shape: (channels: Int, outputs: Int)) {
    var generator = Generator(seed: 3)
    let (channels, outputs) = shape
    let (height, width) = (5, 7)
    let input = generator.values(height * width * channels).map { bfloat(bits($0)) }
    let weights = generator.values(9 * outputs * channels)
    let bias = generator.values(outputs)
    let before = generator.values(height * width * outputs)
    for (adds, isFloat) in [(false, true), (true, true), (false, false)] {
      var output = adds ? before : [Float](repeating: .nan, count: before.count)
      let narrow = input.map(bits)
      weights.withUnsafeBufferPointer { weights in
        bias.withUnsafeBufferPointer { bias in
          input.withUnsafeBytes { input in
            narrow.withUnsafeBytes { narrow in
              output.withUnsafeMutableBufferPointer { output in
                var call = ndc_narrow_convolution(
                  input: isFloat ? input.baseAddress : narrow.baseAddress, output: output.baseAddress,
                  height: Int64(height), width: Int64(width), channels: Int64(channels), outputs: Int64(outputs),
                  weights: weights.baseAddress, bias: bias.baseAddress, adds: adds ? 1 : 0)
                if isFloat {
                  set[.float32].narrow_convolution(&call)
                } else {
                  set[.bfloat16].narrow_convolution(&call)
                }
              }
            }
          }
        }
      }
      for y in 0..<height {
        for x in 0..<width {
          for o in 0..<outputs {
            var sum = Double(bias[o]) + (adds ? Double(before[(y * width + x) * outputs + o]) : 0)
            for i in 0..<3 where (0..<height).contains(y + i - 1) {
              for j in 0..<3 where (0..<width).contains(x + j - 1) {
                for c in 0..<channels {
                  let value = input[((y + i - 1) * width + x + j - 1) * channels + c]
                  sum += Double(value) * Double(weights[((i * outputs + o) * 3 + j) * channels + c])
                }
              }
            }
            #expect(abs(Double(output[(y * width + x) * outputs + o]) - sum) < 1e-4)
          }
        }
      }
    }
  }

  @Test("bfloat16 kernels agree with the float ones to its 8 bits", arguments: sets)
  func bfloat16(set: KernelSet) {
    var generator = Generator(seed: 9)
    let (channels, positions) = (36, 25)
    let exact = generator.values(channels * positions).map { bfloat(bits($0)) }
    let gamma = generator.values(channels)
    let beta = generator.values(channels)
    var scratch = [Double](repeating: 0, count: 4 * channels)
    var full = [Float](repeating: .nan, count: exact.count)
    var half = [UInt16](repeating: 0, count: exact.count)
    let narrow = exact.map(bits)
    func run(_ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer, _ isHalf: Bool) {
      gamma.withUnsafeBufferPointer { gamma in
        beta.withUnsafeBufferPointer { beta in
          scratch.withUnsafeMutableBufferPointer { scratch in
            var call = ndc_group_norm(
              first: input, second: nil, first_channels: Int64(channels), second_channels: 0,
              positions: Int64(positions), groups: 9, epsilon: 1e-6, gamma: gamma.baseAddress,
              beta: beta.baseAddress, shift_before: nil, scale_after: nil, shift_after: nil, apply_silu: 1,
              output: output, scratch: scratch.baseAddress)
            if isHalf { set[.bfloat16].group_norm(&call) } else { set[.float32].group_norm(&call) }
          }
        }
      }
    }
    run(exact, &full, false)
    run(narrow, &half, true)
    for (a, b) in zip(full, half) { #expect(abs(a - bfloat(b)) <= abs(a) / 128 + 1e-6) }

    var scores = generator.values(64).map { $0 * 3 }
    var probabilities = [UInt16](repeating: 0, count: 64)
    var lost = scores
    set[.bfloat16].softmax(&lost, &probabilities, 2, 32)
    lost = scores
    set[.float32].softmax(&lost, &scores, 2, 32)
    for (a, b) in zip(scores, probabilities) { #expect(abs(a - bfloat(b)) <= a / 256 + 1e-9) }
  }

  @Test("Bytes are rounded to even, clamped, and the same in every set; NaN gives 0", arguments: sets)
  func quantize(set: KernelSet) {
    var generator = Generator(seed: 6)
    // Ties on both sides of even, both ends, what is not finite, and a length that fills no vector.
    let ties = (-20...560).map { (Float($0) / 2 - 13) * 0.25 }
    let input = ties + generator.values(4003).map { $0 * 60 } + [.nan, .infinity, -.infinity, 1e30, -1e30, 0, -0.0]
    for top in [255, 180] as [Float] {
      var range = ndc_byte_range(inverse_scale: 4, zero_point: 13, top: top)
      var output = [UInt8](repeating: 99, count: input.count)
      set[.float32].quantize(input, &output, Int64(input.count), &range)
      let expected = input.map { $0.isNaN ? 0 : max(0, min(top, ($0 * 4 + 13).rounded(.toNearestOrEven))) }
      #expect(output.map(Float.init) == expected)
      let narrow = input.map(bits)
      var wide = [UInt8](repeating: 99, count: input.count)
      var half = wide
      set[.bfloat16].quantize(narrow, &half, Int64(input.count), &range)
      set[.float32].quantize(narrow.map(bfloat), &wide, Int64(input.count), &range)
      #expect(half == wide)
    }
    // A scale that rounds: equal to the portable kernel's bytes all the same.
    var range = ndc_byte_range(inverse_scale: 1 / 0.0337, zero_point: 9, top: 255)
    var output = [UInt8](repeating: 99, count: input.count)
    var portable = output
    set[.float32].quantize(input, &output, Int64(input.count), &range)
    KernelSet.portable[.float32].quantize(input, &portable, Int64(input.count), &range)
    #expect(output == portable)
  }

  @Test("Quantised group normalisation equals its formula, rounded", arguments: sets, shapes)
  func quantizedGroupNorm(set: KernelSet, shape: Shape) {
    var generator = Generator(seed: UInt64(shape.positions))
    let channels = shape.first + shape.second
    let groups = max(1, min(32, channels / 4))
    // What bfloat16 holds exactly, so that both kernels have the same input.
    let first = generator.values(shape.first * shape.positions).map { bfloat(bits($0)) }
    let second = generator.values(shape.second * shape.positions).map { bfloat(bits($0)) }
    let gamma = generator.values(channels)
    let beta = generator.values(channels)
    let extra = generator.values(2 * channels)
    let scale: Float = 0.011
    var range = ndc_byte_range(inverse_scale: 1 / scale, zero_point: 26, top: 255)
    for (embedding, isFloat) in [(0, true), (1, true), (2, true), (0, false), (2, false)] {
      var output = [UInt8](repeating: 77, count: channels * shape.positions)
      var scratch = [Double](repeating: 0, count: 4 * channels)
      func run(_ first: UnsafeRawPointer?, _ second: UnsafeRawPointer?) {
        gamma.withUnsafeBufferPointer { gamma in
          beta.withUnsafeBufferPointer { beta in
            extra.withUnsafeBufferPointer { extra in
              output.withUnsafeMutableBufferPointer { output in
                scratch.withUnsafeMutableBufferPointer { scratch in
                  var call = ndc_group_norm(
                    first: first, second: second, first_channels: Int64(shape.first),
                    second_channels: Int64(shape.second), positions: Int64(shape.positions), groups: Int64(groups),
                    epsilon: 1e-5, gamma: gamma.baseAddress, beta: beta.baseAddress,
                    shift_before: embedding == 1 ? extra.baseAddress : nil,
                    scale_after: embedding == 2 ? extra.baseAddress : nil,
                    shift_after: embedding == 2 ? extra.baseAddress.map { $0 + channels } : nil, apply_silu: 1,
                    output: output.baseAddress, scratch: scratch.baseAddress)
                  if isFloat {
                    set[.float32].quantized_group_norm(&call, &range)
                  } else {
                    set[.bfloat16].quantized_group_norm(&call, &range)
                  }
                }
              }
            }
          }
        }
      }
      if isFloat {
        run(first, second)
      } else {
        run(first.map(bits), second.map(bits))
      }
      let expected = reference(
        shape, first, second, gamma: gamma, beta: beta, extra: extra, embedding: embedding, groups: groups)
      let exact = expected.map { max(0, min(255, $0 / Double(scale) + 26)) }
      // Half a step, and what the float arithmetic before the rounding may add.
      #expect(zip(output, exact).map { abs(Double($0) - $1) }.max() ?? 1 <= 0.51)
      // Most values must lie within the range, or the test shows little.
      #expect(exact.count { $0 == 0 || $0 == 255 } <= output.count / 2)
    }
  }

  private func bits(_ value: Float) -> UInt16 {
    let u = value.bitPattern
    return UInt16((u + 0x7fff + ((u >> 16) & 1)) >> 16)
  }

  private func bfloat(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }
}

/// Numbers of order one from a fixed seed.
struct Generator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int64(bitPattern: state) >> 40) / Float(1 << 22)
  }

  mutating func values(_ count: Int, offset: Float = 0) -> [Float] { (0..<count).map { _ in next() + offset } }
}
