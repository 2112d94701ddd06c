import Basics
import Checkpoints
import Diffusion
import Testing
import UNets

/// Whole networks on bytes: random networks, quantised on random images.
@Suite struct Int8NetworkTests {
  /// Largest difference from fp32, relative to the largest value. Weights of 7 bits are off by up to 1/128 of their
  /// channel's largest, and some fifteen layers add theirs like random signs; about 0.01 is seen.
  static let tolerance: Float = 0.03

  /// Different images, labels (and none) and noise over two decades.
  private static func sample(_ denoiser: UNetDenoiser, count: Int, seed: UInt64) -> DeterminismTests.Batch {
    var batch = DeterminismTests.Batch(denoiser, count: count, seed: seed)
    for index in 0..<count {
      let sigma = 0.1 * Double(1 + index * index % 100)
      batch.queries[index].noise = ModelNoise(sigma)
      for pixel in index * batch.size..<(index + 1) * batch.size { batch.inputs[pixel] *= Float(1 + sigma) }
    }
    return batch
  }

  /// The fixture with ranges measured on other images than `sample`'s.
  private static func quantized(
    _ fixture: NetworkFixture, rule: Quantization.Rule = .leastSquares
  ) throws -> Checkpoint {
    var checkpoint = try fixture.checkpoint()
    let batch = sample(try UNetDenoiser(checkpoint), count: 24, seed: 99)
    let values = try QuantizationCalibrator(checkpoint).measure(batch.queries, inputs: batch.inputs)
    checkpoint.quantization = Quantization(
      weights: checkpoint.weightsDigest(),
      calibration: Quantization.Calibration(
        data: "random", digest: String(repeating: "0", count: 64), images: 24, levels: [1], seed: 99, rule: rule),
      inputs: try values.inputs(rule))
    return checkpoint
  }

  @Test("int8 agrees with fp32 to its bits and no further", arguments: NetworkFixture.committed, ParityTests.kernels)
  func accuracy(fixture: NetworkFixture, kernels: KernelSet) throws {
    let checkpoint = try Self.quantized(fixture)
    let int8 = try UNetDenoiser(checkpoint, precision: .int8, kernels: kernels)
    #expect(int8.precision == .int8 && int8.arithmetic == .here)
    #expect(checkpoint.quantization?.inputs.count == int8.quantizableConvolutions)
    let fp32 = try UNetDenoiser(checkpoint, kernels: kernels)
    let batch = Self.sample(fp32, count: 20, seed: 7)
    let expected = try fp32.denoised(batch.queries, batch.inputs)
    let difference = relativeDifference(try int8.denoised(batch.queries, batch.inputs), expected)
    #expect(difference <= Self.tolerance)
    // Otherwise it was not on bytes.
    #expect(difference > 1e-4)
  }

  @Test("Fewer levels differ more, so the bytes carry what they should", arguments: NetworkFixture.committed)
  func levels(fixture: NetworkFixture) throws {
    let checkpoint = try Self.quantized(fixture)
    let fp32 = try UNetDenoiser(checkpoint)
    let batch = Self.sample(fp32, count: 20, seed: 7)
    let expected = try fp32.denoised(batch.queries, batch.inputs)
    let differences = try [(255, 64), (31, 64), (255, 7)].map { limits in
      let arithmetic = Int8Arithmetic(activationLimit: limits.0, weightLimit: limits.1)
      let network = try UNetDenoiser(checkpoint, precision: .int8, arithmetic: arithmetic)
      let found = try network.denoised(batch.queries, batch.inputs)
      return zip(found, expected).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    #expect(differences[1] > 2 * differences[0])
    #expect(differences[2] > 2 * differences[0])
  }

  @Test("A convolution without a range stays in the higher precision; without any, int8 is fp32 bit for bit")
  func partial() throws {
    let fixture = NetworkFixture.committed[1]
    var checkpoint = try Self.quantized(fixture)
    let fp32 = try UNetDenoiser(checkpoint)
    let batch = Self.sample(fp32, count: 8, seed: 7)
    let expected = try fp32.denoised(batch.queries, batch.inputs)
    let attention = (checkpoint.quantization?.inputs ?? [:]).filter { $0.key.contains("qkv") }
    #expect(!attention.isEmpty)
    checkpoint.quantization?.inputs = attention
    let some = try UNetDenoiser(checkpoint, precision: .int8).denoised(batch.queries, batch.inputs)
    #expect(some != expected)
    #expect(relativeDifference(some, expected) < 0.02)
    checkpoint.quantization?.inputs = [:]
    guard !Self.hasBFloat16 else { return }
    #expect(try UNetDenoiser(checkpoint, precision: .int8).denoised(batch.queries, batch.inputs) == expected)
  }

  private static let hasBFloat16 = Precision.bf16.availableHere == .bf16

  @Test("An image's result depends on itself alone, bit for bit", arguments: NetworkFixture.committed, [4, 13])
  func determinism(fixture: NetworkFixture, subBatch: Int) throws {
    let denoiser = try UNetDenoiser(Self.quantized(fixture), precision: .int8, subBatch: subBatch)
    let batch = Self.sample(denoiser, count: 64, seed: 5)
    let evaluator = try denoiser.makeEvaluator()
    let straight = try batch.denoised(0..<64, by: evaluator)
    #expect(straight.allSatisfy { $0.isFinite })
    for count in [1, 3, 9] {
      #expect(try batch.denoised(0..<count, by: evaluator) == Array(straight[..<(count * batch.size)]), "\(count)")
    }
    let order = (0..<61).map { ($0 * 29 + 3) % 64 }
    let shuffled = try batch.denoised(order, by: denoiser.makeEvaluator())
    for (place, image) in order.enumerated() {
      let found = shuffled[place * batch.size..<(place + 1) * batch.size]
      #expect(found == straight[image * batch.size..<(image + 1) * batch.size], "image \(image) at \(place)")
    }
  }

  @Test("Evaluators that run at the same time agree")
  func threads() async throws {
    let denoiser = try UNetDenoiser(Self.quantized(NetworkFixture.committed[1]), precision: .int8)
    let batch = Self.sample(denoiser, count: 32, seed: 5)
    let alone = try batch.denoised(0..<32, by: denoiser.makeEvaluator())
    let together = try await withThrowingTaskGroup(of: [Float].self) { group in
      for _ in 0..<4 { group.addTask { try batch.denoised(0..<32, by: denoiser.makeEvaluator()) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(together.count == 4 && together.allSatisfy { $0 == alone })
  }

  @Test("An image that is not finite spoils only itself, and is not made finite by its bytes")
  func isolation() throws {
    let denoiser = try UNetDenoiser(Self.quantized(NetworkFixture.committed[1]), precision: .int8)
    var batch = Self.sample(denoiser, count: 8, seed: 5)
    let evaluator = try denoiser.makeEvaluator()
    let clean = try batch.denoised(0..<8, by: evaluator)
    for pixel in 3 * batch.size..<4 * batch.size { batch.inputs[pixel] = .nan }
    let spoilt = try batch.denoised(0..<8, by: evaluator)
    #expect(spoilt[..<(3 * batch.size)] == clean[..<(3 * batch.size)])
    #expect(spoilt[(4 * batch.size)...] == clean[(4 * batch.size)...])
    #expect(spoilt[3 * batch.size..<4 * batch.size].allSatisfy { $0.isNaN })
  }

  @Test("Ranges do not depend on how the images are split", arguments: NetworkFixture.committed)
  func calibration(fixture: NetworkFixture) throws {
    let checkpoint = try fixture.checkpoint()
    let calibrator = try QuantizationCalibrator(checkpoint)
    let batch = Self.sample(try UNetDenoiser(checkpoint), count: 9, seed: 3)
    let whole = try calibrator.measure(batch.queries, inputs: batch.inputs)
    var parts = ActivationValues()
    for range in [5..<9, 0..<1, 1..<5] {
      parts.merge(
        try calibrator.measure(
          Array(batch.queries[range]),
          inputs: Array(batch.inputs[range.lowerBound * batch.size..<range.upperBound * batch.size])))
    }
    for rule in Quantization.Rule.allCases { #expect(try parts.inputs(rule) == whole.inputs(rule)) }
    #expect(try whole.inputs(.full).count == calibrator.convolutions)
    // Each is a convolution of the file, and neither the first nor the last one.
    for path in whole.histograms.keys {
      #expect(checkpoint.tensors[path + ".weight"]?.shape.count == 4, "\(path)")
      #expect(path.hasSuffix(".conv0") || path.hasSuffix(".conv1") || path.hasSuffix(".qkv"), "\(path)")
    }
  }

  @Test("Images that overflow cannot be calibrated on")
  func overflow() throws {
    let checkpoint = try NetworkFixture.committed[0].checkpoint()
    var batch = Self.sample(try UNetDenoiser(checkpoint), count: 2, seed: 3)
    batch.inputs[0] = .infinity
    let values = try QuantizationCalibrator(checkpoint).measure(batch.queries, inputs: batch.inputs)
    #expect(throws: InputError.self) { try values.inputs(.leastSquares) }
  }

  @Test("Without ranges int8 is refused, saying what to run; ranges the network has no use for are named")
  func refusals() throws {
    let fixture = NetworkFixture.committed[0]
    let plain = try fixture.checkpoint()
    let missing = #expect(throws: InputError.self) { try UNetDenoiser(plain, precision: .int8) }
    #expect(missing?.problem.contains("ndc quantize") == true && missing?.file == plain.file)
    var checkpoint = try Self.quantized(fixture)
    // A convolution of the file, but one that never takes bytes.
    let first = try #require(checkpoint.tensors.keys.first { $0.hasSuffix("_conv.weight") }).dropLast(".weight".count)
    checkpoint.quantization?.inputs[String(first)] = Quantization.Input(scale: 1, zeroPoint: 0)
    let unknown = #expect(throws: InputError.self) { try UNetDenoiser(checkpoint, precision: .int8) }
    #expect(unknown?.location?.contains("inputs.\(first)") == true)
    // In other precisions the ranges do not matter.
    _ = try UNetDenoiser(checkpoint)
  }
}
