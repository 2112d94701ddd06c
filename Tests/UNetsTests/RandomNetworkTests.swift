import Basics
import Checkpoints
import Diffusion
import Foundation
import TestSupport
import Testing
import UNets

/// Random small networks: the engine against double precision, its precisions and kernels against each other.
@Suite struct RandomNetworkTests {
  /// As against PyTorch (ParityTests).
  static let tolerance = ParityTests.tolerance
  /// Narrow layers average fewer roundings than the ones Int8NetworkTests holds to 0.03.
  static let int8Tolerance: Float = 0.1
  /// NDC_RANDOM_NETWORKS asks for more of them.
  static let count = UInt64(ProcessInfo.processInfo.environment["NDC_RANDOM_NETWORKS"] ?? "") ?? 40

  @Test("fp32 agrees with a double-precision reference, whatever the kernels")
  func reference() throws {
    var largest: Float = 0
    for seed in 0..<Self.count {
      let network = try RandomNetwork(seed: seed)
      for kernels in ParityTests.kernels {
        let difference = relativeDifference(
          try UNetDenoiser(network.checkpoint, kernels: kernels).denoised(network.queries, network.inputs),
          network.expected)
        largest = max(largest, difference)
        #expect(difference <= Self.tolerance, "\(kernels), \(network)")
      }
    }
    print("largest relative difference of \(Self.count) random networks from double precision: \(largest)")
  }

  @Test(
    "AVX-512 kernels are among those compared",
    .enabled(if: KernelSet.avx512.isSupportedHere, "this machine has no AVX-512"))
  func wideKernels() { #expect(ParityTests.kernels.contains(.avx512)) }

  @Test("A change of any one tensor breaks the agreement")
  func plantedWeights() throws {
    for seed in 0..<min(Self.count, 40) {
      let network = try RandomNetwork(seed: seed)
      var random = SplitMix64(state: seed &* 7919 &+ 13)
      // What these hold may be without effect: zero labels, a single position to attend to, other noise levels.
      let names = network.checkpoint.tensors.keys.sorted().filter { name in
        !["map_augment", "map_label", "qkv"].contains { name.contains($0) } && name != "u"
      }
      let name = try #require(names.randomElement(using: &random))
      let tensor = try #require(network.checkpoint.tensors[name])
      var faulty = network.checkpoint
      // Not the same for a whole group of channels, which normalisation would take out again.
      faulty.tensors[name] = CheckpointTensor(
        tensor.floats().enumerated().map { $0.element + 0.3 * sin(1.7 * Float($0.offset)) }, shape: tensor.shape)
      let found = try UNetDenoiser(faulty).denoised(network.queries, network.inputs)
      #expect(relativeDifference(found, network.expected) > Self.tolerance, "\(name) of \(network)")
    }
  }

  @Test("int8 agrees with fp32 within its bound")
  func int8() throws {
    var largest: Float = 0
    for seed in 0..<min(Self.count, 40) {
      let network = try RandomNetwork(seed: seed)
      var checkpoint = network.checkpoint
      let values = try QuantizationCalibrator(checkpoint).measure(network.queries, inputs: network.inputs)
      checkpoint.quantization = Quantization(
        weights: checkpoint.weightsDigest(),
        calibration: Quantization.Calibration(
          data: "random", digest: String(repeating: "0", count: 64), images: network.queries.count, levels: [1],
          seed: seed, rule: .leastSquares),
        inputs: try values.inputs(.leastSquares))
      let difference = relativeDifference(
        try UNetDenoiser(checkpoint, precision: .int8).denoised(network.queries, network.inputs), network.expected)
      largest = max(largest, difference)
      #expect(difference <= Self.int8Tolerance, "\(network)")
    }
    #expect(largest > Self.tolerance)
    print("largest relative difference of int8: \(largest)")
  }

  @Test(
    "bfloat16 agrees with fp32 to its 8 bits",
    .enabled(if: ParityTests.runsBFloat16, "this machine has no bfloat16 instructions"))
  func bfloat16() throws {
    for seed in 0..<min(Self.count, 40) {
      let network = try RandomNetwork(seed: seed)
      let found = try UNetDenoiser(network.checkpoint, precision: .bf16).denoised(network.queries, network.inputs)
      #expect(relativeDifference(found, network.expected) <= 2 * ParityTests.bfloat16Tolerance, "\(network)")
    }
  }

  @Test("Neither the alignment of the caller's memory nor what ran before matters")
  func alignmentAndHistory() throws {
    for seed in 0..<min(Self.count, 20) {
      let network = try RandomNetwork(seed: seed)
      let evaluator = try UNetDenoiser(network.checkpoint).makeEvaluator()
      let fresh = try evaluator.denoised(network.queries, network.inputs)
      let count = network.inputs.count
      for offset in [1, 3, 8, 15] {
        // Poisoned scratch memory from before, guards on both sides of the result.
        _ = try evaluator.denoised(network.queries, network.inputs.map { _ in .nan })
        _ = try evaluator.denoised(
          Array(network.queries.prefix(1)), Array(network.inputs.prefix(count / network.queries.count)))
        var source = [Float](repeating: .nan, count: count + 32)
        source.replaceSubrange(offset..<offset + count, with: network.inputs)
        var target = [Float](repeating: 7, count: count + 32)
        try source.withUnsafeBufferPointer { source in
          try target.withUnsafeMutableBufferPointer { target in
            try evaluator.denoise(
              network.queries, inputs: UnsafeBufferPointer(rebasing: source[offset..<offset + count]),
              outputs: UnsafeMutableBufferPointer(rebasing: target[(16 - offset)..<(16 - offset + count)]))
          }
        }
        #expect(Array(target[(16 - offset)..<(16 - offset + count)]) == fresh, "offset \(offset), \(network)")
        #expect(
          target[..<(16 - offset)].allSatisfy { $0 == 7 } && target[(16 - offset + count)...].allSatisfy { $0 == 7 })
      }
    }
  }
}
