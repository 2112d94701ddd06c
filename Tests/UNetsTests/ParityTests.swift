import Basics
import Checkpoints
import Diffusion
import TestSupport
import Testing
import UNets

/// Whole networks against outputs of PyTorch (Docs/Networks.md).
@Suite struct ParityTests {
  /// The bar for fp32 (Docs/Networks.md, Precisions), relative to the largest reference value: about 170 roundings,
  /// what two orders of summation leave after some fifty layers.
  static let tolerance: Float = 2e-5
  /// bfloat16 keeps 8 bits: a rounding is 4e-3, and those of the layers add like random signs.
  static let bfloat16Tolerance: Float = 2e-2

  static let kernels = KernelSet.allCases.filter(\.isSupportedHere)
  static let runsBFloat16 = Precision.bf16.availableHere == .bf16

  /// The larger relative difference, with labels and without.
  private func difference(
    _ fixture: NetworkFixture, precision: Precision = .fp32, kernels: KernelSet = .best
  ) throws -> Float {
    let denoiser = try UNetDenoiser(fixture.checkpoint(), precision: precision, kernels: kernels)
    #expect(denoiser.precision == precision && denoiser.kernels == kernels)
    let contents = try fixture.contents()
    let evaluator = try denoiser.makeEvaluator()
    var largest = relativeDifference(
      try evaluator.denoised(contents.queries(nil), contents.inputs), contents.unconditional)
    if let labels = contents.labels, let reference = contents.conditional {
      // Otherwise a network that ignores its labels would pass.
      #expect(relativeDifference(contents.unconditional, reference) > 10 * Self.tolerance)
      largest = max(
        largest, relativeDifference(try evaluator.denoised(contents.queries(labels), contents.inputs), reference))
    }
    return largest
  }

  @Test("The committed networks give PyTorch's numbers", arguments: NetworkFixture.committed, kernels)
  func committed(fixture: NetworkFixture, kernels: KernelSet) throws {
    let difference = try difference(fixture, kernels: kernels)
    #expect(difference <= Self.tolerance)
  }

  @Test(
    "Networks of every kind give the original code's numbers",
    .enabled(if: !NetworkFixture.original.isEmpty, "\(Repository.sharedAbsent)"),
    arguments: NetworkFixture.original, kernels)
  func original(fixture: NetworkFixture, kernels: KernelSet) throws {
    let difference = try difference(fixture, kernels: kernels)
    #expect(difference <= Self.tolerance)
  }

  @Test(
    "In bfloat16 the numbers agree to its 8 bits",
    .enabled(if: runsBFloat16, "this machine has no bfloat16 instructions"),
    arguments: NetworkFixture.committed + NetworkFixture.original)
  func bfloat16(fixture: NetworkFixture) throws {
    let difference = try difference(fixture, precision: .bf16)
    #expect(difference <= Self.bfloat16Tolerance)
    // Smaller than one rounding to bfloat16 would mean that it never happened.
    #expect(difference > Self.tolerance)
  }

  @Test(
    "Without bfloat16 instructions a network asked for it says and does fp32",
    .enabled(if: !runsBFloat16, "this machine has bfloat16 instructions"))
  func fallsBackToFloat() throws {
    let fixture = NetworkFixture.committed[0]
    let contents = try fixture.contents()
    let asked = try UNetDenoiser(fixture.checkpoint(), precision: .bf16)
    #expect(asked.precision == .fp32)
    let plain = try UNetDenoiser(fixture.checkpoint())
    let queries = contents.queries(contents.labels)
    #expect(try asked.denoised(queries, contents.inputs) == plain.denoised(queries, contents.inputs))
  }

  @Test("A wrong label, noise level or input breaks parity", arguments: NetworkFixture.committed)
  func plantedQueries(fixture: NetworkFixture) throws {
    let denoiser = try UNetDenoiser(fixture.checkpoint())
    let contents = try fixture.contents()
    let labels = try #require(contents.labels)
    let reference = try #require(contents.conditional)
    func difference(_ queries: [DenoiserQuery], _ inputs: [Float]) throws -> Float {
      relativeDifference(try denoiser.denoised(queries, inputs), reference)
    }
    let queries = contents.queries(labels)
    #expect(try difference(queries, contents.inputs) <= Self.tolerance)
    let rotated = contents.queries(labels.map { ($0 + 1) % denoiser.classCount })
    #expect(try difference(rotated, contents.inputs) > Self.tolerance)
    let louder = queries.map { DenoiserQuery(noise: ModelNoise($0.noise.sigma * 1.02), label: $0.label) }
    #expect(try difference(louder, contents.inputs) > Self.tolerance)
    var changed = contents.inputs
    changed[0] += 0.01
    #expect(try difference(queries, changed) > Self.tolerance)
  }

  @Test("A change of the first value of any one tensor breaks parity", arguments: NetworkFixture.committed)
  func plantedWeights(fixture: NetworkFixture) throws {
    let checkpoint = try fixture.checkpoint()
    let contents = try fixture.contents()
    let labels = try #require(contents.labels)
    let reference = try #require(contents.conditional)
    for (name, tensor) in checkpoint.tensors {
      // Augmentation labels are zero at inference, so their layer multiplies nothing.
      // The first of iDDPM's u is a noise level far above the fixture's.
      if name.hasPrefix("model.map_augment.") || name == "u" { continue }
      var values = tensor.floats()
      values[0] += 0.5
      var faulty = checkpoint
      faulty.tensors[name] = CheckpointTensor(values, shape: tensor.shape)
      let denoiser = try UNetDenoiser(faulty, subBatch: 4)
      let found = try denoiser.denoised(contents.queries(labels), contents.inputs)
      #expect(relativeDifference(found, reference) > Self.tolerance, "\(name)")
    }
  }
}
