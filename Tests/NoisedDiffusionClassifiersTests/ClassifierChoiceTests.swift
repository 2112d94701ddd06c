import Foundation
import NoisedDiffusionClassifiers
import TestSupport
import Testing

@Suite struct ClassifierChoiceTests {
  static let sigma = 0.5

  /// An opened model without a calibration beside it.
  static func tiny() throws -> DiffusionModel { try DiffusionModel.load(Fixture.tinyNetwork) }
  static func bundled() throws -> DiffusionModel {
    try DiffusionModel.load(Fixture.resources.appendingPathComponent(BundledModel.mnist.file).path)
  }

  static func choice(_ preset: Preset? = nil, _ change: (inout ClassifierChoice) -> Void = { _ in }) -> ClassifierChoice
  {
    var choice = ClassifierChoice()
    choice.sigma = sigma
    choice.preset = preset
    change(&choice)
    return choice
  }

  @Test(arguments: [nil, Preset.fast]) func `takes levels, weights and race of the calibration, and tells its cost`(
    preset: Preset?
  ) throws {
    let model = try Self.bundled()
    let entry = try #require(try model.calibration(.approximatePosterior, sigma: Self.sigma))
    let chosen = try Self.choice(preset).chosen(for: model)
    #expect(chosen.specification == .fast(sigma: Self.sigma, calibrated: entry))
    #expect(chosen.calibrated == entry && chosen.typicalEvaluations == entry.evaluationsPerVote)
  }

  @Test func `without a calibration takes default levels, halves the classes, and says so`() throws {
    var notices: [ClassifierChoice.Notice] = []
    let chosen = try Self.choice().chosen(for: Self.tiny()) { notices.append($0) }
    #expect(chosen.specification == .fast(sigma: Self.sigma) && chosen.typicalEvaluations == nil)
    #expect(notices == [.uncalibrated(.approximatePosterior, sigma: Self.sigma, levels: [2, 3, 4, 6, 8])])
  }

  @Test func `paper is the published protocol, calibrated or not`() throws {
    let chosen = try Self.choice(.paper).chosen(for: Self.bundled())
    #expect(chosen.specification == .paper(sigma: Self.sigma) && chosen.calibrated == nil)
    #expect(chosen.specification.timesteps == 126 && chosen.specification.weighting == .edmReference)
  }

  @Test func `a weighting that is named takes the race away, whose margins belong to other weights`() throws {
    let specification = try Self.choice { $0.weighting = .elbo }.chosen(for: Self.bundled()).specification
    #expect(specification.weighting == .elbo && specification.elimination == .none)
    #expect(specification.levels == [2, 3, 4, 6, 8] && specification.calibration == nil)
  }

  @Test func `levels that are named stand in place of the preset's`() throws {
    let grid = try Self.choice(.fast) { $0.timesteps = 12 }.chosen(for: Self.bundled()).specification
    #expect(grid.timesteps == 12 && grid.levels == nil && grid.weighting == .edm && grid.elimination == .none)
    let explicit = try Self.choice(.paper) { $0.levels = [2, 4] }.chosen(for: Self.bundled()).specification
    #expect(explicit.levels == [2, 4] && explicit.weighting == .edmReference)
  }

  @Test func `sifting stands in place of the race`() throws {
    let sift = SiftAndRefine(siftLevels: 2, siftThreshold: 1, refineThreshold: 2)
    let chosen = try Self.choice { $0.siftAndRefine = sift }.chosen(for: Self.bundled())
    #expect(chosen.specification.elimination == .siftAndRefine(sift) && chosen.typicalEvaluations == nil)
  }

  @Test func `learned weights where none were learned are refused, in the library's names`() throws {
    let error = #expect(throws: UsageError.self) {
      try Self.choice { $0.weighting = .learned }.chosen(for: Self.tiny())
    }
    #expect(error?.description.hasPrefix("weighting learned needs a calibration for apndc at sigma 0.5") == true)
  }

  @Test func `only where the preset fast decides is the fastest precision taken`() {
    #expect(Self.choice().precision == .fastest && Self.choice(.fast).precision == .fastest)
    #expect(Self.choice(.paper).precision == .exact)
    #expect(Self.choice { $0.timesteps = 12 }.precision == .exact)
    #expect(Self.choice { $0.weighting = .edm }.precision == .exact)
    #expect(Self.choice(.fast) { $0.timesteps = 12 }.precision == .fastest)
  }

  @Test func `what cannot be is refused before a model is opened`() throws {
    try Self.choice().validate()
    try Self.choice { $0.weighting = .learned }.validate()
    #expect(throws: UsageError.self) { try Self.choice { $0.timesteps = 2 }.validate() }
    #expect(throws: UsageError.self) { try Self.choice { $0.sigma = -1 }.validate() }
  }
}
