import NoisedDiffusionClassifiers
import Testing

@Suite struct VotingChoiceTests {
  static let sigma = PixelNoise(0.5)

  static func rule(
    _ preset: Preset? = nil, open: Preset.Votes? = nil, _ change: (inout VotingChoice) -> Void = { _ in }
  ) throws -> CertificationRule {
    var choice = VotingChoice()
    choice.preset = preset
    change(&choice)
    return try choice.rule(sigma: sigma, open: open)
  }

  @Test func `fast is what the library's short forms are`() throws {
    #expect(try Self.rule(.fast) == .tolerance(.fast(sigma: Self.sigma)))
    #expect(try Self.rule(.fast) { $0.targetRadii = [0.25] } == .targets(.fast([0.25])))
    #expect(try Self.rule() == Self.rule(.fast))
  }

  @Test func `paper fixes 100 and 10000 votes`() throws {
    #expect(try Self.rule(.paper) == .fixed(Certify(selectionSamples: 100, samples: 10_000, alpha: 0.001)))
    // The rule asked for, with the preset's sizes.
    let anytime = try Self.rule(.paper) { $0.isFixed = false }
    #expect(anytime.kind == .tolerance && anytime.samples == 10_000 && anytime.selectionSamples == 100)
  }

  @Test func `a number of votes alone means exactly so many`() throws {
    #expect(
      try Self.rule { $0.samples = 70 } == .fixed(Certify(selectionSamples: 20, samples: 70, alpha: 0.001)))
    #expect(try Self.rule(.fast) { $0.samples = 70 }.kind == .tolerance)
    let targets = try Self.rule { choice in
      choice.samples = 70
      choice.targetRadii = [0.25]
    }
    #expect(targets.kind == .targets && targets.samples == 70)
  }

  @Test func `open sizes are taken where nothing says how many, and nowhere else`() throws {
    let quick = QuickDefaults.votes
    let rule = try Self.rule(open: quick)
    #expect(rule.selectionSamples == 8 && rule.samples == 48 && rule.kind == .tolerance)
    #expect(try Self.rule(.fast, open: quick) == Self.rule(.fast))
    #expect(try Self.rule(open: quick) { $0.targetRadii = [0.25] }.samples == 10_000)
  }

  @Test func `targets none of which can be reached are refused, in the library's names`() throws {
    let error = #expect(throws: UsageError.self) {
      try Self.rule { choice in
        choice.targetRadii = [3]
        choice.samples = 50
      }
    }
    #expect(error?.description.hasPrefix("targetRadii: none is within reach of 50 votes at sigma 0.5") == true)
  }
}
