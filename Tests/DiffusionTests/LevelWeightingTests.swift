import Basics
import Diffusion
import Testing

@Suite struct LevelWeightingTests {
  /// Two correctly rounded evaluations of the same formula differ by a few units in the last place.
  static let tolerance = 1e-13

  @Test func `weights equal those of SciPy's log-normal density`() throws {
    for row in try fixture("weightings", as: [[String: Double]].self) {
      let sigma = try #require(row["sigma"])
      let level = NoiseLevel(row: 0, noise: ModelNoise(sigma), spacing: try #require(row["spacing"]))
      for weighting in LossWeighting.allCases where weighting != .learned {
        let expected = try #require(row[weighting.rawValue])
        let found = try LevelWeighting(weighting, calibration: nil).weight(at: level)
        #expect(abs(found - expected) <= Self.tolerance * expected, "\(weighting) at \(sigma)")
      }
    }
  }

  @Test func `the published density differs from the log-normal one, as it must`() throws {
    let level = NoiseLevel(row: 0, noise: ModelNoise(3), spacing: 1)
    #expect(try LevelWeighting.edmReference.weight(at: level) < 0.5 * LevelWeighting.edm.weight(at: level))
  }

  @Test func `learned weights are those of the file and no others`() throws {
    let calibration = try Calibration(levels: [.init(sigma: 2.1, weight: 0.3), .init(sigma: 4, weight: 0.7)])
    func weight(_ sigma: Double) throws -> Double {
      try LevelWeighting(.learned, calibration: calibration).weight(
        at: NoiseLevel(row: 0, noise: ModelNoise(sigma), spacing: 9))
    }
    #expect(try weight(2.1) == 0.3)
    #expect(try weight(4) == 0.7)
    #expect(throws: UsageError.self) { try weight(3) }
    #expect(throws: UsageError.self) { try LevelWeighting(.learned, calibration: nil) }
  }

  @Test func `names are the command line's`() {
    #expect(LossWeighting.allCases.map(\.rawValue) == ["elbo", "edm", "edm-reference", "uniform", "learned"])
  }
}
