import Certification
import Testing

/// Honest claims under each rule, and one planted fault each.
@Suite struct ExaminationTests {
  typealias Change = @Sendable (inout ClaimedCount) -> Void

  private func rule(_ kind: CertificationRule.Kind) throws -> any StoppingRule {
    try #require(try CertificationRuleTests.rules().first { $0.kind == kind }).behaviour
  }

  /// 38 of 40 votes; of an anytime rule the bound of the first 36, all of them for class 2.
  private func claim(_ kind: CertificationRule.Kind) -> ClaimedCount {
    ClaimedCount(
      candidate: 2, successes: 38, samples: 40,
      bound: kind == .fixed
        ? .init(rule: "clopper-pearson", successes: 38, samples: 40, alpha: 0.01)
        : .init(rule: "beta-mixture", successes: 36, samples: 36, alpha: 0.01),
      stopReason: kind.rawValue)
  }

  @Test(arguments: CertificationRule.Kind.allCases)
  func `an honest claim holds and gives its bound`(kind: CertificationRule.Kind) throws {
    let examination = try rule(kind).examine(claim(kind))
    #expect(examination.contradictions == [])
    let bound = try #require(examination.bound)
    #expect(bound.kind.rawValue == claim(kind).bound?.rule && bound.alpha == 0.01)
    #expect((bound.successes, bound.samples) == (kind == .fixed ? (38, 40) : (36, 36)))
  }

  static let fixedFaults: [(Change, Contradiction)] = [
    (
      { $0.bound?.alpha = 0.02 },
      Contradiction("not the run's level", field: "bound.alpha", expected: "0.01", found: "0.02")
    ),
    (
      { $0.bound?.rule = "beta-mixture" },
      Contradiction("not the run's rule", field: "bound.rule", expected: "clopper-pearson", found: "beta-mixture")
    ),
    (
      { $0.bound?.successes = 39 },
      Contradiction("not the candidate's votes", field: "bound.successes", expected: "38", found: "39")
    ),
    (
      { $0.bound?.samples = 39 },
      Contradiction("not the number of votes", field: "bound.samples", expected: "40", found: "39")
    ),
    (
      { $0.stopReason = "budget" },
      Contradiction("the number of votes is fixed", field: "stopReason", expected: "fixed", found: "budget")
    ),
  ]

  @Test(arguments: fixedFaults.indices)
  func `a fixed number of votes contradicts any other bound or reason, and gives its own bound all the same`(
    fault: Int
  ) throws {
    var claim = claim(.fixed)
    Self.fixedFaults[fault].0(&claim)
    let examination = try rule(.fixed).examine(claim)
    #expect(examination.contradictions == [Self.fixedFaults[fault].1])
    #expect(examination.bound == Bound(kind: .clopperPearson, successes: 38, samples: 40, alpha: 0.01))
  }

  @Test func `the oldest records of a fixed number of votes name neither bound nor reason`() throws {
    var claim = claim(.fixed)
    claim.bound = nil
    claim.stopReason = nil
    #expect(try rule(.fixed).examine(claim).contradictions == [])
  }

  static func noPrefix(_ found: String) -> Contradiction {
    Contradiction(
      "no prefix of the votes", field: "bound", expected: "at most 38 votes for and 2 against class 2", found: found)
  }

  static let anytimeFaults: [(Change, Contradiction)] = [
    ({ $0.bound = nil }, Contradiction("absent, though the number of votes is not fixed", field: "bound")),
    (
      { $0.bound?.alpha = 0.02 },
      Contradiction("not the run's level", field: "bound.alpha", expected: "0.01", found: "0.02")
    ),
    (
      { $0.bound?.rule = "clopper-pearson" },
      Contradiction("not the run's rule", field: "bound.rule", expected: "beta-mixture", found: "clopper-pearson")
    ),
    // More votes than there are, more for the class than there are of them, more against it, and ends in a failure.
    ({ $0.bound?.samples = 41 }, noPrefix("36 of 41")),
    ({ $0.bound = .init(rule: "beta-mixture", successes: 39, samples: 40, alpha: 0.01) }, noPrefix("39 of 40")),
    ({ $0.bound?.samples = 39 }, noPrefix("36 of 39")),
    ({ $0.bound?.samples = -1 }, noPrefix("36 of -1")),
    ({ $0.bound = .init(rule: "beta-mixture", successes: 0, samples: 1, alpha: 0.01) }, noPrefix("0 of 1")),
    ({ $0.bound = .init(rule: "beta-mixture", successes: 0, samples: 0, alpha: 0.01) }, noPrefix("0 of 0")),
    (
      { $0.stopReason = "fixed" },
      Contradiction(
        "no reason to stop", field: "stopReason", expected: "targets, tolerance or budget", found: "fixed")
    ),
    (
      { $0.stopReason = "whim" },
      Contradiction("no reason to stop", field: "stopReason", expected: "targets, tolerance or budget", found: "whim")
    ),
    (
      { $0.stopReason = nil },
      Contradiction(
        "no reason to stop", field: "stopReason", expected: "targets, tolerance or budget", found: "nothing")
    ),
  ]

  @Test(arguments: anytimeFaults.indices, [CertificationRule.Kind.targets, .tolerance])
  func `an anytime rule contradicts bounds that are of no prefix, and reasons that are none`(
    fault: Int, kind: CertificationRule.Kind
  ) throws {
    var claim = claim(kind)
    Self.anytimeFaults[fault].0(&claim)
    let examination = try rule(kind).examine(claim)
    #expect(examination.contradictions == [Self.anytimeFaults[fault].1])
    #expect(examination.bound == nil)
  }

  @Test func `a bound that all votes exceed was not the largest`() throws {
    var claim = claim(.tolerance)
    claim.bound?.successes = 30
    claim.bound?.samples = 30
    claim.successes = 40
    let examination = try rule(.tolerance).examine(claim)
    #expect(examination.contradictions.map(\.field) == ["bound"])
    #expect(examination.contradictions[0].problem.hasPrefix("not where the bound was largest"))
    #expect(examination.bound == Bound(kind: .betaMixture, successes: 30, samples: 30, alpha: 0.01))
  }

  @Test(arguments: [
    (CertificationRule.Kind.targets, "tolerance", "the run has no tolerance"),
    (.tolerance, "targets", "the run has no target radii"),
  ])
  func `votes cannot end for the other rule's reason`(
    kind: CertificationRule.Kind, reason: String, problem: String
  ) throws {
    var claim = claim(kind)
    claim.stopReason = reason
    let expected = Contradiction(problem, field: "stopReason", found: reason)
    #expect(try rule(kind).examine(claim).contradictions == [expected])
  }

  @Test func `a tolerance of 0 ends no votes`() throws {
    let rule = try AnytimeTolerance(selectionSamples: 5, budget: 100, alpha: 0.01, tolerance: 0)
    let expected = Contradiction("the run has no tolerance", field: "stopReason", found: "tolerance")
    #expect(rule.examine(claim(.tolerance)).contradictions == [expected])
  }

  @Test(arguments: [(CertificationRule.Kind.targets, 200), (.tolerance, 100)])
  func `a spent budget is a reason where it is spent`(kind: CertificationRule.Kind, budget: Int) throws {
    var claim = claim(kind)
    claim.stopReason = "budget"
    let expected = Contradiction(
      "the budget is not spent", field: "samples", expected: "\(budget)", found: "40")
    #expect(try rule(kind).examine(claim).contradictions == [expected])
    claim.samples = budget
    #expect(try rule(kind).examine(claim).contradictions == [])
  }

  @Test func `a number of votes is fixed, or else within the budget`() throws {
    let fixed = try rule(.fixed)
    #expect(fixed.contradiction(inVotes: 40) == nil)
    for votes in [39, 41] {
      #expect(
        fixed.contradiction(inVotes: votes)
          == Contradiction(
            "not the number of votes fixed beforehand", field: "votes", expected: "40", found: "\(votes)"))
    }
    for (kind, budget) in [(CertificationRule.Kind.targets, 200), (.tolerance, 100)] {
      let rule = try rule(kind)
      #expect(rule.contradiction(inVotes: 0) == nil && rule.contradiction(inVotes: budget) == nil)
      #expect(
        rule.contradiction(inVotes: budget + 1)
          == Contradiction(
            "more votes than the budget", field: "samples", expected: "at most \(budget)", found: "\(budget + 1)"))
    }
  }
}
