import Basics
import Checkpoints
import Diffusion
import Foundation
import TestSupport
import Testing
import UNets

/// A vote does not depend on its companions where the shipped arithmetic differs from the tiny networks' of
/// ``DeterminismTests``: wide layers, Winograd's forms, bfloat16, bytes, the bundled model. Bit for bit: votes that
/// depend on each other void the binomial bound and the supermartingale alike.
@Suite struct CompanionTests {
  /// A network with ranges for int8.
  enum Network: String, CaseIterable, CustomTestStringConvertible {
    /// Resources/models.
    case bundled
    /// SongUNet of 32, 64 and 128 channels at 8², 4² and 2², attention in the middle.
    case song
    /// DhariwalUNet of 64 and 128 channels at 8² and 4².
    case dhariwal
    /// MultiHeadUNet of 32 and 128 channels at 8² and 4².
    case multiHead

    var testDescription: String { rawValue }

    func checkpoint() throws -> Checkpoint {
      switch self {
      case .bundled:
        return try Checkpoint.load(
          path: Repository.root.appendingPathComponent("Resources/models/edm-mnist-32x32-cond.safetensors").path)
      case .song:
        var song = SongUNetArchitecture(imageResolution: 8, inputChannels: 3, outputChannels: 3)
        song.modelChannels = 32
        song.channelMultipliers = [1, 2, 4]
        song.labelDimension = 10
        song.blocks = 1
        song.attentionResolutions = [4]
        return try Self.quantized(.song(song), seed: 41)
      case .dhariwal:
        var adm = DhariwalUNetArchitecture(imageResolution: 8, inputChannels: 3, outputChannels: 3)
        adm.modelChannels = 64
        adm.channelMultipliers = [1, 2]
        adm.labelDimension = 10
        adm.blocks = 1
        adm.attentionResolutions = [4]
        return try Self.quantized(.dhariwal(adm), seed: 42)
      case .multiHead:
        var network = MultiHeadUNetArchitecture(imageResolution: 16, imageChannels: 3, labelDimension: 10)
        network.channels = [32, 128]
        network.encoderBlocks = [1, 2]
        network.decoderBlocks = [1]
        return try Self.quantized(RandomMultiHead.checkpoint(network, seed: 43))
      }
    }

    private static func quantized(_ network: Architecture.Network, seed: UInt64) throws -> Checkpoint {
      let architecture = Architecture(
        preconditioning: .edm(sigmaData: 0.5), network: network, imageResolution: 8, imageChannels: 3,
        labelDimension: 10)
      let reference = ReferenceNetwork(architecture, seed: seed)
      // Its weights are drawn as they are asked for.
      _ = try reference.denoised([Float](repeating: 0.5, count: architecture.imageShape.count), sigma: 1, label: 3)
      return try quantized(reference.checkpoint)
    }

    private static func quantized(_ plain: Checkpoint) throws -> Checkpoint {
      var checkpoint = plain
      let batch = DeterminismTests.Batch(try UNetDenoiser(checkpoint), count: 11, seed: 9)
      let values = try QuantizationCalibrator(checkpoint).measure(batch.queries, inputs: batch.inputs)
      checkpoint.quantization = Quantization(
        weights: checkpoint.weightsDigest(),
        calibration: Quantization.Calibration(
          data: "random", digest: String(repeating: "0", count: 64), images: 11, levels: [1], seed: 9,
          rule: .leastSquares),
        inputs: try values.inputs(.leastSquares))
      return checkpoint
    }
  }

  /// Places of the batch whose image comes out otherwise shuffled, among copies, alone or in a short batch.
  static func dependent(_ batch: DeterminismTests.Batch, _ evaluator: any DenoiserEvaluator) throws -> [Int] {
    let count = batch.queries.count
    let straight = try batch.denoised(0..<count, by: evaluator)
    #expect(straight.allSatisfy { $0.isFinite })
    func row(_ values: [Float], _ place: Int) -> [UInt32] {
      values[place * batch.size..<(place + 1) * batch.size].map(\.bitPattern)
    }
    var wrong: Set<Int> = []
    func compare(_ order: [Int]) throws {
      let found = try batch.denoised(order, by: evaluator)
      for (place, image) in order.enumerated() where row(found, place) != row(straight, image) { wrong.insert(image) }
    }
    // 7 has no factor in common with 16: every image moves to another place, beside others.
    try compare((0..<count).map { ($0 * 7 + 3) % count })
    try compare(Array((0..<count).reversed()))
    for image in 0..<count { try compare([image]) }
    for short in [2, 3, 5] { try compare(Array(0..<short)) }
    for place in 0..<4 {
      var copies = [Int](repeating: 9, count: 4)
      copies[place] = 6
      try compare(copies)
    }
    return wrong.sorted()
  }

  static let precisions: [Precision] = [.fp32, .bf16, .int8].filter { $0.availableHere == $0 }

  @Test(
    "Shuffled, among copies, alone or short of companions, an image comes out the same", arguments: Network.allCases,
    precisions)
  func independence(network: Network, precision: Precision) throws {
    let denoiser = try UNetDenoiser(network.checkpoint(), precision: precision)
    #expect(denoiser.precision == precision)
    let batch = DeterminismTests.Batch(denoiser, count: 16)
    #expect(try Self.dependent(batch, denoiser.makeEvaluator()).isEmpty)
  }

  @Test("On every instruction set of this machine", arguments: ParityTests.kernels, precisions)
  func kernels(kernels: KernelSet, precision: Precision) throws {
    let denoiser = try UNetDenoiser(Network.song.checkpoint(), precision: precision, kernels: kernels)
    let batch = DeterminismTests.Batch(denoiser, count: 16)
    #expect(try Self.dependent(batch, denoiser.makeEvaluator()).isEmpty)
  }

  /// A planted leak: one value of a row is rounded to bfloat16 towards its neighbour's side, as a tile that reads one
  /// row too far would.
  private final class Leaking: DenoiserEvaluator {
    let base: any DenoiserEvaluator
    init(base: any DenoiserEvaluator) { self.base = base }

    func denoise(
      _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
    ) throws {
      try base.denoise(queries, inputs: inputs, outputs: outputs)
      let size = inputs.count / max(queries.count, 1)
      for row in queries.indices.dropLast() where inputs[(row + 1) * size] > 0 {
        outputs[row * size] = Float(bitPattern: outputs[row * size].bitPattern ^ 0x1_0000)
      }
    }
  }

  @Test("One value that leaks from a neighbour is found")
  func planted() throws {
    let denoiser = try UNetDenoiser(Network.song.checkpoint(), precision: .bf16)
    let batch = DeterminismTests.Batch(denoiser, count: 16)
    #expect(try Self.dependent(batch, denoiser.makeEvaluator()).isEmpty)
    let leaking = Leaking(base: try denoiser.makeEvaluator())
    #expect(try !Self.dependent(batch, leaking).isEmpty)
  }
}
