import NoisedDiffusionClassifiers
import Testing

@Suite struct ModelCalibratorTests {
  static func calibrator(
    _ images: Int = 41, count: Int = 30, method: ClassificationMethod = .approximatePosterior
  ) throws -> ModelCalibrator {
    try ModelCalibrator(
      DiffusionModel.load(Fixture.tinyNetwork, precision: .fp32), images: PlainImages(count: images), source: "plain",
      count: count, method: method, seed: 1, threads: 1)
  }

  @Test func `both halves of the images are spread over the data set`() throws {
    let indices = try Self.calibrator().indices
    #expect(Set(indices).count == 30)
    for half in [indices[..<15], indices[15...]] {
      #expect(Array(half) == half.sorted() && half[half.startIndex] <= 1 && half[half.endIndex - 1] >= 38)
    }
    #expect(try Self.calibrator(25, count: 30).indices.sorted() == Array(0..<25))
  }

  @Test func `candidates are the levels that the method can use, quiet ones without noise`() throws {
    var calibrator = try Self.calibrator()
    calibrator.levels = [0.75, 2, 1]
    calibrator.quietLevels = [1.5]
    let found = try calibrator.candidates(sigma: 0.5).map { [$0.sigma, $0.amplitude] }
    #expect(found == [[1, 1], [1.5, 0], [2, 1]])
    #expect(calibrator.mostEvaluations(candidates: 3) == 30 * 13 / 2 * 10)
    let error = #expect(throws: UsageError.self) { try calibrator.candidates(sigma: 2) }
    #expect(error?.description == "levels: none is at least 4.0, twice sigma 2.0")

    // From x_τ no level adds less than its own noise.
    var fromInput = try Self.calibrator(method: .approximatePosteriorFromInput)
    fromInput.levels = [2, 3]
    #expect(try fromInput.candidates(sigma: 0.5).map(\.sigma) == [2, 3])
  }

  @Test func `too few images are refused`() {
    let error = #expect(throws: InputError.self) { try Self.calibrator(19) }
    #expect(error?.file == "plain")
  }
}
