import Basics
import Certification
import Foundation
import Testing

@Suite struct CertificationRuleTests {
  /// One of each kind.
  static func rules() throws -> [CertificationRule] {
    [
      .fixed(try Certify(selectionSamples: 5, samples: 40, alpha: 0.01)),
      .targets(try AnytimeTargets(selectionSamples: 5, budget: 200, alpha: 0.01, targets: [0.5, 0.25, 0.5])),
      .tolerance(try AnytimeTolerance(selectionSamples: 5, budget: 100, alpha: 0.01, tolerance: 0.05)),
    ]
  }

  static let files = [
    #"{"alpha":0.01,"samples":40,"selectionSamples":5,"stop":"fixed"}"#,
    #"{"alpha":0.01,"hopelessChance":0.001,"samples":200,"selectionSamples":5,"stop":"anytime","targetRadii":[0.25,0.5]}"#,
    #"{"alpha":0.01,"radiusTolerance":0.05,"samples":100,"selectionSamples":5,"stop":"anytime"}"#,
  ]

  private func text(_ value: some Encodable) throws -> String {
    String(decoding: try StableJSON.line(value), as: UTF8.self)
  }

  @Test func `each kind has one rule, which says that it is of that kind`() throws {
    #expect(try Self.rules().map(\.kind) == CertificationRule.Kind.allCases)
    #expect(CertificationRule.Kind.allCases.allSatisfy { $0.type.kind == $0 })
  }

  @Test func `a file of 0.2.0 means the chance of giving up that it had`() throws {
    let file = #"{"alpha":0.01,"samples":200,"selectionSamples":5,"stop":"anytime","targetRadii":[0.25,0.5]}"#
    let rule = try AnytimeTargets(
      selectionSamples: 5, budget: 200, alpha: 0.01, targets: [0.25, 0.5], hopelessChance: 0.01)
    #expect(try JSONDecoder().decode(CertificationRule.self, from: Data(file.utf8)) == .targets(rule))
    #expect(try text(CertificationRule.targets(rule)) == file)
    #expect(try Self.rules()[1] != .targets(rule))
  }

  @Test func `files hold the numbers that they always held, and give the rule again`() throws {
    for (rule, file) in zip(try Self.rules(), Self.files) {
      #expect(try text(rule) == file)
      #expect(try JSONDecoder().decode(CertificationRule.self, from: Data(file.utf8)) == rule)
      #expect(try JSONDecoder().decode(RecordedRule.self, from: Data(file.utf8)) == .possible(rule))
    }
  }

  @Test(arguments: [
    (0, #""fixed""#, #""sometimes""#, #""sometimes" is no rule to stop by (fixed or anytime)"#),
    (0, #""fixed""#, #""anytime""#, "targets ascend, each once, or else there is a tolerance"),
    (0, #""stop""#, #""targetRadii":[1],"stop""#, "a fixed number of votes goes with neither targets nor a tolerance"),
    (
      0, #""stop""#, #""radiusTolerance":1,"stop""#, "a fixed number of votes goes with neither targets nor a tolerance"
    ),
    (0, ":40", ":0", "the number of samples must lie between 1 and 4294967295, not 0"),
    (0, ":5", ":-5", "the number of selection samples must lie between 1 and 4294967295, not -5"),
    (0, "0.01", "1", "the significance level alpha must lie between 0 and 1, not 1.0"),
    (1, "[0.25,0.5]", "[0.5,0.25]", "targets ascend, each once, or else there is a tolerance"),
    (1, "[0.25,0.5]", "[0.5,0.5]", "targets ascend, each once, or else there is a tolerance"),
    (1, ":0.001", ":1", "a chance to give up at must be at least 0 and below 1, not 1.0"),
    (
      0, #""stop""#, #""hopelessChance":0.5,"stop""#,
      "a fixed number of votes goes with neither targets nor a tolerance"
    ),
    (2, #""stop""#, #""hopelessChance":0.5,"stop""#, "targets ascend, each once, or else there is a tolerance"),
    (1, "[0.25,0.5]", "[]", "targets ascend, each once, or else there is a tolerance"),
    (1, "[0.25,0.5]", "[-1]", "a radius must be a finite number, not negative: -1.0"),
    (1, #""stop""#, #""radiusTolerance":1,"stop""#, "targets ascend, each once, or else there is a tolerance"),
    (1, #""stop""#, #""radiusTolerance":-1,"stop""#, "a radius must be a finite number, not negative: -1.0"),
    (2, ":0.05", ":-0.05", "a radius must be a finite number, not negative: -0.05"),
    (2, ":100", ":0", "the number of samples must lie between 1 and 4294967295, not 0"),
  ])
  func `numbers that are no rule are kept and named`(rule: Int, old: String, new: String, message: String) throws {
    let damaged = Self.files[rule].replacingOccurrences(of: old, with: new)
    try #require(damaged != Self.files[rule])
    let data = Data(damaged.utf8)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(CertificationRule.self, from: data) }
    let recorded = try JSONDecoder().decode(RecordedRule.self, from: data)
    #expect(throws: UsageError(text: message)) { try recorded.get() }
    #expect(try JSONValue(encoding: recorded) == JSONDecoder().decode(JSONValue.self, from: data))
  }

  @Test func `every reason to stop has its name in records, and no other name is one`() {
    let names = [("fixed", StopReason.fixed), ("targets", .targets), ("tolerance", .tolerance), ("budget", .budget)]
    for (name, reason) in names {
      #expect(reason.rawValue == name && StopReason(rawValue: name) == reason)
    }
    #expect(StopReason(rawValue: "anytime") == nil)
  }

  @Test func `n0, n, alpha and the number of votes are the rule's`() throws {
    let rules = try Self.rules()
    #expect(rules.map(\.selectionSamples) == [5, 5, 5])
    #expect(rules.map(\.samples) == [40, 200, 100])
    #expect(rules.map(\.alpha) == [0.01, 0.01, 0.01])
    #expect(rules.map(\.fixedVotes) == [45, nil, nil])
    #expect(rules.map(\.boundKind) == [.clopperPearson, .betaMixture, .betaMixture])
    for rule in rules {
      let bound = Bound(kind: rule.boundKind, successes: rule.samples, samples: rule.samples, alpha: 0.01)
      #expect(rule.bestBound == bound.value)
    }
  }

  @Test func `equal rules are equal, and of different kinds none are`() throws {
    let rules = try Self.rules()
    #expect(try Set(rules + Self.rules()).count == 3)
    #expect(
      try rules[2] != .tolerance(AnytimeTolerance(selectionSamples: 5, budget: 100, alpha: 0.01, tolerance: 0.06)))
  }

  @Test func `each says in words when votes end`() throws {
    let rules = try Self.rules().map(\.behaviour)
    #expect(
      rules.map { $0.summary } == [
        "fixed: after n votes, decided beforehand",
        "anytime: a bound valid at every number of votes; voting ends when the radius 0.25, 0.5 is decided",
        "anytime: a bound valid at every number of votes; voting ends when the radius can grow by no more than 0.05",
      ])
    #expect(
      CertificationRule.Kind.allCases.map(\.type).map { $0.samplesTitle } == [
        "Estimation votes n", "Estimation votes, at most", "Estimation votes, at most",
      ])
  }

  @Test func `radii of a run that stopped at targets or by a tolerance are not comparable`() throws {
    let rules = try Self.rules().map(\.behaviour)
    #expect(rules.map { $0.caveat == nil } == [true, false, false])
    let watched = try AnytimeTolerance(selectionSamples: 5, budget: 100, alpha: 0.01, tolerance: 0)
    #expect(watched.caveat == nil, "all votes of the budget are cast")
    let hardly = try #require(rules[2].caveat)
    #expect(hardly.mark == "tolerance-stopped")
    #expect(
      hardly.note
        == "Voting stopped as soon as the radius could grow by no more than 0.05. The ACR and the radii say where "
        + "voting stopped: they are not comparable with those of other runs.")
    #expect(hardly.comparison.contains("no difference of radii is given") && hardly.warning.contains("not comparable"))
    let caveat = try #require(rules[1].caveat)
    #expect(caveat.mark == "target-stopped")
    #expect(
      caveat.note
        == "Voting stopped as soon as the target radius (0.25, 0.5) was decided. The ACR and every radius "
        + "beyond the target say where voting stopped: they are not comparable with those of other runs.")
    #expect(
      caveat.comparison == "stopped voting when its target radius was decided: radii beyond it are not comparable, and "
        + "no difference of radii is given.")
    #expect(
      caveat.warning
        == "ACR is not comparable: at least one run stopped voting when its target radius was decided, so its "
        + "radii, and their average, say where voting stopped. Compare certified accuracy at the target radii only.")
  }

  @Test func `says of a radius beforehand how many votes it takes, or that it is out of reach`() throws {
    let rules = try Self.rules().map(\.behaviour)
    let sigma = PixelNoise(0.5)
    #expect(rules[0].outlook(for: 0.25, sigma: sigma) == nil)
    #expect(
      rules.map { $0.outlook(for: 5, sigma: sigma)?.text } == [
        "the target radius 5.0 is out of reach with these votes",
        "the target radius 5.0 is out of reach of 200 votes from the start",
        "the target radius 5.0 is out of reach of 100 votes from the start",
      ])
    for rule in rules {
      let votes = try #require(rule.votesNeeded(for: 0.25, sigma: sigma))
      let bound = Bound(kind: type(of: rule).boundKind, successes: votes, samples: votes, alpha: 0.01)
      #expect(try #require(Certificate(pLower: bound.value, sigma: sigma).radius) >= 0.25)
      #expect(rule.votesNeeded(for: 5, sigma: sigma) == nil)
      guard let outlook = rule.outlook(for: 0.25, sigma: sigma) else { continue }
      #expect(outlook.votes == votes)
      #expect(outlook.text == "the target radius 0.25 takes at least \(votes) votes, if all of them agree")
    }
  }
}
