import Basics
import Checkpoints
import Classifiers
import Diffusion
import TestSupport
import Testing
import UNets

/// All heads from one evaluation, against PyTorch and against queries for one label.
@Suite("Multi-head networks")
struct MultiHeadUNetTests {
  static let fixture = NetworkFixture(
    folder: Repository.root.appendingPathComponent("Tests/UNetsTests/Fixtures/tiny-multihead"))
  /// Each row's largest difference and root mean square, relative to the row's largest value: the order of sums, eight bits
  /// of mantissa, and ranges that were measured on few images.
  static let bars: [Precision: (largest: Float, rms: Float)] = [
    .fp32: (ParityTests.tolerance, ParityTests.tolerance), .bf16: (5e-2, 1e-2), .int8: (1e-1, 5e-2),
  ]

  private let contents: NetworkFixture.Contents
  private let expected: [Float]
  private let noises: [ModelNoise]
  private let labels: [Int?]
  private let size: Int

  init() throws {
    contents = try Self.fixture.contents()
    expected = try Self.fixture.everyHead()
    noises = contents.sigmas.map { ModelNoise(Double($0)) }
    size = contents.inputs.count / noises.count
    labels = Array(0..<(expected.count / contents.inputs.count - 1)) + [nil]
  }

  private func checkpoint(_ precision: Precision) throws -> Checkpoint {
    var checkpoint = try Self.fixture.checkpoint()
    guard precision == .int8 else { return checkpoint }
    let values = try QuantizationCalibrator(checkpoint).measure(contents.queries(nil), inputs: contents.inputs)
    checkpoint.quantization = Quantization(
      weights: checkpoint.weightsDigest(),
      calibration: Quantization.Calibration(
        data: "the fixture", digest: String(repeating: "0", count: 64), images: noises.count, levels: [1], seed: 0,
        rule: .leastSquares), inputs: try values.inputs(.leastSquares))
    return checkpoint
  }

  /// Image by image and head by head: the largest difference and root mean square, relative to the largest value.
  private func differences(_ found: [Float]) -> [(largest: Float, rms: Float)] {
    stride(from: 0, to: expected.count, by: size).map { start in
      let reference = expected[start..<start + size]
      let errors = zip(found[start..<start + size], reference).map { $0 - $1 }
      guard errors.allSatisfy(\.isFinite) else { return (.infinity, .infinity) }
      let scale = reference.map(abs).max() ?? 0
      let square = errors.reduce(0) { $0 + $1 * $1 } / Float(size)
      return ((errors.map(abs).max() ?? 0) / scale, square.squareRoot() / scale)
    }
  }

  @Test("Every head gives PyTorch's numbers", arguments: CompanionTests.precisions, ParityTests.kernels)
  func parity(precision: Precision, kernels: KernelSet) throws {
    let denoiser = try UNetDenoiser(checkpoint(precision), precision: precision, kernels: kernels)
    #expect(denoiser.scope == .classesAndNone && denoiser.isUnconditionalAvailable && denoiser.classCount == 3)
    let found = try denoiser.makeEvaluator().denoised(noises, labels: labels, contents.inputs)
    let bar = try #require(Self.bars[precision])
    for (place, difference) in differences(found).enumerated() {
      #expect(difference.largest <= bar.largest && difference.rms <= bar.rms, "\(place): \(difference)")
    }
    // Otherwise heads that are all alike would pass.
    #expect(relativeDifference(Array(expected[..<size]), Array(expected[size..<2 * size])) > 10 * ParityTests.tolerance)
  }

  @Test("An evaluation gives each label what a query for it gives, bit for bit", arguments: CompanionTests.precisions)
  func oneByOne(precision: Precision) throws {
    let denoiser = try UNetDenoiser(checkpoint(precision), precision: precision)
    let evaluator = try denoiser.makeEvaluator()
    for labels in [labels, [nil], [2], [nil, 1, 0, 1], []] {
      let together = try evaluator.denoised(noises, labels: labels, contents.inputs)
      for (place, label) in labels.enumerated() {
        let alone = try evaluator.denoised(
          noises.map { DenoiserQuery(noise: $0, label: label) }, contents.inputs)
        for row in noises.indices {
          let start = (row * labels.count + place) * size
          #expect(together[start..<start + size] == alone[row * size..<(row + 1) * size])
        }
      }
    }
    let restricted = try RestrictedDenoiser(denoiser, to: try ClassSet([0, 2]))
    #expect(restricted.scope == .classesAndNone)
    #expect(
      try restricted.makeEvaluator().denoised(noises, labels: [1, nil, 0], contents.inputs)
        == evaluator.denoised(noises, labels: [2, nil, 0], contents.inputs))
  }

  @Test("Neither companions nor their number matter", arguments: CompanionTests.precisions)
  func companions(precision: Precision) throws {
    let denoiser = try UNetDenoiser(checkpoint(precision), precision: precision)
    let batch = DeterminismTests.Batch(denoiser, count: 23)
    let noises = batch.queries.map(\.noise)
    let each = labels.count * size
    let straight = try denoiser.makeEvaluator().denoised(noises, labels: labels, batch.inputs)
    let evaluator = try denoiser.makeEvaluator()
    let orders = [(0..<23).map { ($0 * 7 + 3) % 23 }, Array((0..<23).reversed()), [5], [4, 4, 9], Array(0..<17)]
    for order in orders {
      let found = try evaluator.denoised(
        order.map { noises[$0] }, labels: labels, order.flatMap { batch.inputs[$0 * size..<($0 + 1) * size] })
      for (place, image) in order.enumerated() {
        #expect(found[place * each..<(place + 1) * each] == straight[image * each..<(image + 1) * each])
      }
    }
  }

  @Test("A fault in a head's slice breaks that head and no other")
  func plantedHead() throws {
    let sound = try Self.fixture.checkpoint()
    for name in ["model.out_conv.weight", "model.out_conv.bias"] {
      let tensor = try #require(sound.tensors[name])
      let slice = tensor.count / labels.count
      for head in labels.indices {
        // The first value of the slice and the last.
        for place in [head * slice, (head + 1) * slice - 1] {
          var values = tensor.floats()
          values[place] += 0.5
          var faulty = sound
          faulty.tensors[name] = CheckpointTensor(values, shape: tensor.shape)
          let found = try UNetDenoiser(faulty).makeEvaluator().denoised(noises, labels: labels, contents.inputs)
          let broken = differences(found).enumerated().filter { $0.element.largest > ParityTests.tolerance }
          #expect(Set(broken.map { $0.offset % labels.count }) == [head], "\(name), value \(place)")
        }
      }
    }
  }

  @Test("One evaluation a vote: the level σ_τ gives PyTorch's ‖D_y − D_none‖²")
  func losses() throws {
    let denoiser = try UNetDenoiser(Self.fixture.checkpoint())
    let expected = try Self.fixture.losses()
    let classes = denoiser.classCount
    for (row, noise) in noises.enumerated() {
      var specification = ClassifierSpecification(
        method: .approximatePosteriorFromInput, sigma: noise.inPixels.sigma)
      specification.levels = [noise.sigma]
      specification.weighting = .uniform
      let image = Array(contents.inputs[row * size..<(row + 1) * size])
      let found = try specification.makeClassifier(denoiser: denoiser).makeWorker().classLosses(
        [ClassifierInput(image: image, noise: Silence())])[0]
      #expect(found.evaluations == 1)
      for label in 0..<classes {
        let reference = expected[row * classes + label]
        // D agrees to 2e-5 of its largest value, which a difference of two of them keeps.
        #expect(abs(found.losses[label] - reference) <= 1e-3 * reference, "image \(row), class \(label)")
      }
    }
  }

  /// The level σ_τ adds none.
  private struct Silence: ClassifierNoise {
    func fill(_ epsilon: UnsafeMutableBufferPointer<Float>, level: Int, label: Int?) { epsilon.update(repeating: 1) }
  }
}
