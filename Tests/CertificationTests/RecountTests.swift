import Basics
import Certification
import Statistics
import TestSupport
import Testing

/// Votes counted again from where those against lie, and what older records tell without it.
@Suite struct RecountTests {
  static let sigma = PixelNoise(0.5)

  static func rules() throws -> [any AnytimeRule] {
    [
      try AnytimeTargets(selectionSamples: 5, budget: 300, alpha: 0.01, targets: [0.25, 0.5]),
      try AnytimeTargets(selectionSamples: 5, budget: 304, alpha: 0.001, targets: [0.4], hopelessChance: 0.01),
      try AnytimeTargets(selectionSamples: 5, budget: 96, alpha: 0.001, targets: [0.1, 9]),
      try AnytimeTargets(selectionSamples: 5, budget: 96, alpha: 0.001, targets: [9]),
      try AnytimeTolerance(selectionSamples: 5, budget: 300, alpha: 0.001, tolerance: 0.05),
      try AnytimeTolerance(selectionSamples: 5, budget: 256, alpha: 0.05, tolerance: 0.02),
      try AnytimeTolerance(selectionSamples: 5, budget: 200, alpha: 0.01, tolerance: 0),
    ]
  }

  /// What a rule says of votes drawn with probability p.
  private static func honest(_ rule: some AnytimeRule, _ p: Double, seed: UInt64) async throws -> CertifyResult {
    let votes = SplitMix64.votes(rule.budget + 64, p, seed: seed)
    return try await rule(ScriptedVotes { !votes[$0] }, sigma: sigma)
  }

  private static func claim(_ result: CertifyResult, keepsPlaces: Bool = true) -> ClaimedCount {
    ClaimedCount(
      candidate: 0, successes: result.estimation.successes(of: 0), samples: result.estimation.counts.total,
      bound: .init(
        rule: result.bound.kind.rawValue, successes: result.bound.successes, samples: result.bound.samples,
        alpha: result.bound.alpha),
      stopReason: result.stopReason.rawValue, against: keepsPlaces ? result.against : nil)
  }

  /// Every honest claim of every rule over all kinds of images.
  private static func each(_ body: (any AnytimeRule, CertifyResult) throws -> Void) async throws {
    for rule in try rules() {
      for p in [0, 0.1, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 1] {
        for seed in 0..<8 {
          try body(rule, try await honest(rule, min(p, 1 - 0x1p-53), seed: UInt64(seed)))
        }
      }
    }
  }

  @Test func `an honest claim holds, with places of votes and without`() async throws {
    var reasons: Set<StopReason> = []
    try await Self.each { rule, result in
      reasons.insert(result.stopReason)
      for keepsPlaces in [true, false] {
        let examination = rule.examine(Self.claim(result, keepsPlaces: keepsPlaces), sigma: Self.sigma)
        #expect(examination.contradictions == [], "\(rule) \(result)")
        #expect(examination.bound == result.bound)
      }
    }
    #expect(reasons == [.targets, .tolerance, .budget])
  }

  @Test func `places of an honest count are those of its votes against`() async throws {
    let rule = try AnytimeTolerance(selectionSamples: 5, budget: 40, alpha: 0.01, tolerance: 0)
    let result = try await rule(ScriptedVotes { $0 % 7 == 3 }, sigma: Self.sigma)
    #expect(result.against?.places == [3, 10, 17, 24, 31, 38])
    let fixed = try Certify(selectionSamples: 5, samples: 40, alpha: 0.01)
    #expect(try await fixed(ScriptedVotes { $0 % 7 == 3 }, sigma: Self.sigma).against == nil)
  }

  /// Changes of a claim that leave a prefix that could be one.
  static let forgeries: [@Sendable (inout ClaimedCount) -> Void] = [
    // All votes for the class came first: the largest bound there can be.
    {
      $0.bound?.samples = $0.successes
      $0.bound?.successes = $0.successes
    },
    // The maximum a vote later or earlier, with as many against it.
    {
      $0.bound?.samples -= 1
      $0.bound?.successes -= 1
    },
    // A failure less before the maximum.
    { $0.bound?.samples -= 1 },
    // Counting ended a vote later: one more for the class, or against it.
    {
      $0.samples += 1
      $0.successes += 1
    },
    { $0.samples += 1 },
    // Counting ended sixteen votes later, all against the class.
    { $0.samples += 16 },
    { $0.stopReason = "budget" },
  ]

  @Test(arguments: forgeries.indices)
  func `with places of votes any other maximum or end is found`(forgery: Int) async throws {
    var tried = 0
    try await Self.each { rule, result in
      var claim = Self.claim(result)
      Self.forgeries[forgery](&claim)
      guard claim != Self.claim(result), rule.contradiction(inVotes: claim.samples) == nil,
        rule.examine(claim).contradictions.isEmpty
      else { return }
      tried += 1
      #expect(!rule.examine(claim, sigma: Self.sigma).contradictions.isEmpty, "\(rule) \(claim)")
      // As many places as there are votes against, but a vote moved.
      claim.against = VotesAgainst((claim.successes..<claim.samples))
      if claim.against == result.against { return }
      let found = rule.examine(claim, sigma: Self.sigma)
      if found.contradictions.isEmpty {
        // Then it is the count of those votes, and of no others.
        let votes = VotesAgainst(claim.successes..<claim.samples)
        #expect(rule.recount(votes, of: claim.samples, sigma: Self.sigma).bound == found.bound)
      }
    }
    #expect(forgery == 6 || tried > 20, "\(tried) forgeries were tried")
  }

  @Test func `places that contradict the counts are named`() async throws {
    let rule = try AnytimeTolerance(selectionSamples: 5, budget: 48, alpha: 0.01, tolerance: 0)
    let claim = Self.claim(try await rule(ScriptedVotes { $0 == 3 || $0 == 9 }, sigma: Self.sigma))
    func fields(_ places: [Int]) -> [String] {
      var claim = claim
      claim.against = VotesAgainst(places)
      return rule.examine(claim, sigma: Self.sigma).contradictions.map(\.field)
    }
    #expect(fields([3, 9]) == [])
    #expect(fields([3]) == ["against"] && fields([3, 9, 11]) == ["against"] && fields([3, 48]) == ["against"])
    #expect(fields([3, 10]) == [], "the sequence is largest at its end, whichever these two are")
    #expect(fields([3, 47]) == ["bound"])
  }

  /// A fault in the chain that makes records: places one too far, or of the votes for the class.
  @Test(arguments: [true, false]) func `a fault in what records places is found`(isShift: Bool) async throws {
    var found = 0
    var tried = 0
    try await Self.each { rule, result in
      guard let against = result.against, against.count > 0, result.bound.successes > 0 else { return }
      var claim = Self.claim(result)
      let failures = Set(against.places)
      claim.against =
        isShift
        ? VotesAgainst(against.places.map { $0 + 1 })
        : VotesAgainst((0..<claim.samples).filter { !failures.contains($0) })
      tried += 1
      if !rule.examine(claim, sigma: Self.sigma).contradictions.isEmpty { found += 1 }
    }
    // Where only the order of votes long before the maximum changes, the count may come out the same.
    #expect(tried > 300 && found * 2 > tried, "\(found) of \(tried)")
  }

  @Test func `a forged maximum is found in an old record that reached the farthest target`() async throws {
    let rule = try AnytimeTargets(selectionSamples: 5, budget: 300, alpha: 0.01, targets: [0.25])
    var found = 0
    for seed in 0..<40 {
      let result = try await Self.honest(rule, 0.85, seed: UInt64(seed))
      guard (result.outcome.radius ?? 0) >= 0.25, result.against?.count ?? 0 > 0 else { continue }
      found += 1
      #expect(result.bound.samples == result.estimation.counts.total)
      var claim = Self.claim(result, keepsPlaces: false)
      claim.bound?.samples = claim.successes
      claim.bound?.successes = claim.successes
      #expect(rule.examine(claim).contradictions == [], "as far as the prefix tells")
      #expect(rule.examine(claim, sigma: Self.sigma).contradictions.first?.field == "samples", "\(claim)")
    }
    #expect(found > 10)
  }

  @Test func `old records end where votes can end, whatever their order`() throws {
    let targets = try AnytimeTargets(selectionSamples: 5, budget: 320, alpha: 0.01, targets: [0.25, 0.5])
    let tolerance = try AnytimeTolerance(selectionSamples: 5, budget: 320, alpha: 0.01, tolerance: 0.05)
    func claim(_ successes: Int, _ samples: Int, _ bound: (Int, Int), _ reason: String) -> ClaimedCount {
      ClaimedCount(
        candidate: 0, successes: successes, samples: samples,
        bound: .init(rule: "beta-mixture", successes: bound.0, samples: bound.1, alpha: 0.01), stopReason: reason)
    }
    func problems(_ rule: some AnytimeRule, _ claim: ClaimedCount) -> [String] {
      let examination = rule.examine(claim, sigma: Self.sigma)
      return examination.contradictions.map(\.problem)
    }
    #expect(problems(targets, claim(20, 41, (20, 39), "targets"))[0].hasPrefix("neither does the last vote"))
    #expect(problems(targets, claim(21, 48, (20, 39), "targets")) == [])
    #expect(problems(targets, claim(15, 16, (14, 14), "targets"))[0].hasPrefix("the target"))
    #expect(problems(targets, claim(190, 320, (189, 318), "budget"))[0].hasPrefix("every target was given up"))
    #expect(problems(tolerance, claim(20, 41, (20, 39), "tolerance")) == ["the tolerance is not looked at there"])
    #expect(problems(tolerance, claim(15, 32, (14, 27), "tolerance")) == [])
    #expect(problems(tolerance, claim(30, 32, (28, 29), "tolerance"))[0].hasPrefix("the radius could grow"))
    #expect(problems(tolerance, claim(300, 320, (298, 317), "budget"))[0].hasPrefix("the radius could not grow"))
    // All votes went one way: their order is known.
    #expect(
      problems(tolerance, claim(40, 40, (40, 40), "tolerance")) == ["counting the votes again does not end there"])
    #expect(problems(targets, claim(0, 320, (0, 0), "budget")).contains("counting the votes again ends elsewhere"))
    let far = try AnytimeTargets(selectionSamples: 5, budget: 20, alpha: 0.01, targets: [9])
    #expect(problems(far, claim(0, 0, (0, 0), "targets")) == [])
    #expect(problems(far, claim(7, 16, (7, 14), "targets")) == ["no target is within reach of the budget"])
  }

  @Test func `a fixed number of votes keeps no places`() throws {
    let rule = try Certify(selectionSamples: 5, samples: 40, alpha: 0.01)
    var claim = ClaimedCount(candidate: 0, successes: 38, samples: 40, bound: nil, stopReason: "fixed")
    #expect(rule.examine(claim, sigma: Self.sigma).contradictions == [])
    claim.against = VotesAgainst([3, 9])
    #expect(rule.examine(claim, sigma: Self.sigma).contradictions.map(\.field) == ["against"])
  }
}
