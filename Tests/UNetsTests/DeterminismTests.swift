import Basics
import Diffusion
import Testing
import UNets

/// An image's result depends on its query and pixels alone, bit for bit (Docs/Mathematics.md, Randomness and streams;
/// `DenoiserEvaluator`).
@Suite struct DeterminismTests {
  /// Sixty-four different images and queries: every label, none, and noise over four decades.
  struct Batch: Sendable {
    var queries: [DenoiserQuery]
    var inputs: [Float]
    var size: Int

    init(_ denoiser: UNetDenoiser, count: Int = 64, seed: UInt64 = 5) {
      var generator = Generator(seed: seed)
      size = denoiser.imageShape.count
      queries = (0..<count).map { index in
        let label = index % (denoiser.classCount + 1)
        return DenoiserQuery(
          noise: ModelNoise(0.01 * Double(1 + index * index)), label: label == denoiser.classCount ? nil : label)
      }
      inputs = generator.values(count * size)
    }

    func denoised(_ range: Range<Int>, by evaluator: any DenoiserEvaluator) throws -> [Float] {
      try evaluator.denoised(
        Array(queries[range]), Array(inputs[range.lowerBound * size..<range.upperBound * size]))
    }

    func denoised(_ order: [Int], by evaluator: any DenoiserEvaluator) throws -> [Float] {
      try evaluator.denoised(
        order.map { queries[$0] }, order.flatMap { inputs[$0 * size..<($0 + 1) * size] })
    }
  }

  @Test("The number of queries does not matter", arguments: NetworkFixture.committed, ParityTests.kernels)
  func counts(fixture: NetworkFixture, kernels: KernelSet) throws {
    let denoiser = try UNetDenoiser(fixture.checkpoint(), kernels: kernels)
    let batch = Batch(denoiser)
    let evaluator = try denoiser.makeEvaluator()
    let whole = try batch.denoised(0..<64, by: evaluator)
    #expect(whole.allSatisfy { $0.isFinite })
    for count in [1, 7, 8, 9] {
      #expect(try batch.denoised(0..<count, by: evaluator) == Array(whole[..<(count * batch.size)]), "\(count)")
    }
    #expect(try batch.denoised(0..<0, by: evaluator).isEmpty)
  }

  /// Four is the default; at eight, tiles of a matrix product hold some rows of a sub-batch and not others.
  @Test("Neither position nor companions matter", arguments: NetworkFixture.committed, [4, 8, 13])
  func positions(fixture: NetworkFixture, subBatch: Int) throws {
    let denoiser = try UNetDenoiser(fixture.checkpoint(), subBatch: subBatch)
    let batch = Batch(denoiser)
    let evaluator = try denoiser.makeEvaluator()
    let straight = try batch.denoised(0..<64, by: evaluator)
    // 29 has no factor in common with 64, so every image moves to another place, beside others.
    let order = (0..<61).map { ($0 * 29 + 3) % 64 }
    let shuffled = try batch.denoised(order, by: evaluator)
    for (place, image) in order.enumerated() {
      let found = shuffled[place * batch.size..<(place + 1) * batch.size]
      #expect(found == straight[image * batch.size..<(image + 1) * batch.size], "image \(image) at \(place)")
    }
    // An image alone at every place of a sub-batch among copies of another.
    for place in 0..<subBatch {
      var order = [Int](repeating: 40, count: subBatch)
      order[place] = 17
      let found = try batch.denoised(order, by: evaluator)[place * batch.size..<(place + 1) * batch.size]
      #expect(found == straight[17 * batch.size..<18 * batch.size], "place \(place)")
    }
  }

  @Test("What an evaluator did before does not matter", arguments: NetworkFixture.committed)
  func history(fixture: NetworkFixture) throws {
    let denoiser = try UNetDenoiser(fixture.checkpoint())
    let batch = Batch(denoiser)
    let fresh = try batch.denoised(0..<9, by: denoiser.makeEvaluator())
    let used = try denoiser.makeEvaluator()
    var huge = Batch(denoiser, count: 20, seed: 77)
    huge.inputs = huge.inputs.map { $0 * 1e30 }
    _ = try huge.denoised(0..<20, by: used)
    // Memory left full of NaN must not leak into what follows.
    huge.inputs = huge.inputs.map { _ in .nan }
    #expect(try huge.denoised(0..<20, by: used).contains(where: \.isNaN))
    #expect(try batch.denoised(0..<9, by: used) == fresh)
    #expect(try batch.denoised(0..<9, by: UNetDenoiser(fixture.checkpoint()).makeEvaluator()) == fresh)
  }

  @Test("An image that is not finite spoils only itself", arguments: NetworkFixture.committed)
  func isolation(fixture: NetworkFixture) throws {
    let denoiser = try UNetDenoiser(fixture.checkpoint())
    var batch = Batch(denoiser, count: 8)
    let evaluator = try denoiser.makeEvaluator()
    let clean = try batch.denoised(0..<8, by: evaluator)
    for pixel in 3 * batch.size..<4 * batch.size { batch.inputs[pixel] = .nan }
    let spoilt = try batch.denoised(0..<8, by: evaluator)
    #expect(spoilt[..<(3 * batch.size)] == clean[..<(3 * batch.size)])
    #expect(spoilt[(4 * batch.size)...] == clean[(4 * batch.size)...])
    #expect(spoilt[3 * batch.size..<4 * batch.size].contains { $0.isNaN })
  }

  @Test("Evaluators that run at the same time agree", arguments: NetworkFixture.committed)
  func threads(fixture: NetworkFixture) async throws {
    let denoiser = try UNetDenoiser(fixture.checkpoint())
    let batch = Batch(denoiser)
    let alone = try batch.denoised(0..<64, by: denoiser.makeEvaluator())
    let together = try await withThrowingTaskGroup(of: [[Float]].self) { group in
      for _ in 0..<2 {
        group.addTask {
          let evaluator = try denoiser.makeEvaluator()
          return try (0..<4).map { _ in try batch.denoised(0..<64, by: evaluator) }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(together.count == 8)
    #expect(together.allSatisfy { $0 == alone })
  }
}
