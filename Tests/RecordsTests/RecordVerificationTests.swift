import Basics
import Certification
import Foundation
import Records
import Testing

/// An honest record, and one planted fault each.
@Suite struct RecordVerificationTests {
  typealias Change = @Sendable (inout ClaimedRecord) -> Void

  private func failures(
    _ honest: HonestRun, tolerance: Double = 0, _ change: Change = { _ in }
  ) async throws -> [String] {
    var claim = try await honest.claim()
    change(&claim)
    let check = RecordVerification(rule: try honest.rule(), sigma: HonestRun.sigma, tolerance: tolerance)
    return places(check.failures(claim, line: 2)).map { String($0.dropFirst("records.jsonl:2 ".count)) }
  }

  @Test(arguments: HonestRun.all) func `an honest record holds`(honest: HonestRun) async throws {
    #expect(try await failures(honest) == [])
    let check = RecordVerification(rule: try honest.rule(), sigma: HonestRun.sigma, tolerance: 0)
    for record in try await honest.records() {
      let claim = try JSONDecoder().decode(ClaimedRecord.self, from: Data(StableJSON.line(record)))
      #expect(check.failures(claim, line: 1) == [])
    }
  }

  @Test(arguments: HonestRun.all)
  func `a record of 0.2.0 holds as that version rounded, and not as later ones do`(honest: HonestRun) async throws {
    // At this noise the radius is a relative 2.6e-8 larger than the noise that was drawn allows.
    let sigma = PixelNoise(0.45)
    var claim = try await honest.claim(sigma: sigma)
    let bound = try #require(
      try honest.rule().behaviour.examine(claim.count(among: ClassSet(count: claim.votes.count))).bound)
    let earlier = Certificate(bound, sigma: sigma, rounding: .nearest)
    claim.pLower = earlier.pLower
    claim.radius = earlier.radius ?? 0
    func failures(_ version: String) throws -> [String] {
      let program = RunManifest.Program(version: version)
      let check = RecordVerification(
        rule: try honest.rule(), sigma: sigma, tolerance: 0, roundings: program.roundings)
      return places(check.failures(claim, line: 2))
    }
    for version in ["0.1", "0.1.7", "0.2.0"] { #expect(try failures(version) == [], "\(version)") }
    for version in ["0.2.1", "0.3.0", "1", "none"] {
      #expect(try failures(version).contains { $0.contains("radius") }, "\(version)")
    }
    let today = Certificate(bound, sigma: sigma)
    claim.pLower = today.pLower
    claim.radius = today.radius ?? 0
    for version in ["0.2.0", "0.3.0"] { #expect(try failures(version) == [], "\(version)") }
    // One way or the other, not a mixture.
    claim.radius = earlier.radius ?? 0
    #expect(try failures("0.3.0") != [])
  }

  /// Of 40 votes 36 are for class 0 and 4 for class 1.
  static let faults: [(Change, [String])] = [
    ({ $0.samples = 41 }, ["samples: the votes do not sum to it"]),
    (
      {
        $0.votes[1] += 1
        $0.samples += 1
      }, ["votes: not the number of votes fixed beforehand"]
    ),
    (
      {
        $0.votes[1] += 1
        $0.votes[2] -= 1
      }, ["votes: not numbers of votes"]
    ),
    (
      {
        $0.votes = []
        $0.selectionVotes = []
        $0.invalidVotes = 40
        $0.invalidSelectionVotes = 5
      }, ["votes: no classes"]
    ),
    ({ $0.selectionVotes.removeLast() }, ["selectionVotes: another number of classes than in votes"]),
    ({ $0.selectionVotes[1] = 1 }, ["selectionVotes: not the number of selection votes"]),
    ({ $0.invalidSelectionVotes = -1 }, ["selectionVotes: not numbers of votes"]),
    ({ $0.label = 3 }, ["label: none of the classes"]),
    ({ $0.label = -1 }, ["label: none of the classes"]),
    ({ $0.candidate = 1 }, ["candidate: not the class with most selection votes (ties to the lowest)"]),
    ({ $0.bound?.alpha = 0.02 }, ["bound.alpha: not the run's level"]),
    ({ $0.bound?.rule = "beta-mixture" }, ["bound.rule: not the run's rule"]),
    ({ $0.bound?.successes = 35 }, ["bound.successes: not the candidate's votes"]),
    ({ $0.bound?.samples = 39 }, ["bound.samples: not the number of votes"]),
    ({ $0.stopReason = "budget" }, ["stopReason: the number of votes is fixed"]),
    ({ $0.pLower = $0.pLower.nextUp }, ["pLower: not the bound of 36 in 40 votes"]),
    ({ $0.pLower = $0.pLower.nextDown }, ["pLower: not the bound of 36 in 40 votes"]),
    ({ $0.abstained = true }, ["abstained: disagrees with the bound"]),
    (
      {
        $0.predicted = 1
        $0.correct = false
      }, ["predicted: disagrees with candidate and bound"]
    ),
    ({ $0.correct = false }, ["correct: disagrees with predicted and label"]),
    ({ $0.label = 1 }, ["correct: disagrees with predicted and label"]),
    ({ $0.seconds = -1 }, ["seconds: not a time"]),
    ({ $0.seconds = .infinity }, ["seconds: not a time"]),
    ({ $0.evaluations = -1 }, ["evaluations: not a number of evaluations"]),
    ({ $0.evaluations = 1 << 38 + 1 }, ["evaluations: not a number of evaluations"]),
  ]

  @Test(arguments: faults.indices) func `a fault is found and named`(fault: Int) async throws {
    #expect(try await failures(HonestRun(), Self.faults[fault].0) == Self.faults[fault].1)
  }

  @Test func `a radius that is not the bound's is named with both values`() async throws {
    var claim = try await HonestRun().claim()
    let honest = claim.radius
    for radius in [honest.nextUp, honest.nextDown, 0] {
      claim.radius = radius
      let found = RecordVerification(rule: try HonestRun().rule(), sigma: HonestRun.sigma, tolerance: 0)
        .failures(claim, line: 7)
      let expected = VerificationFailure(
        "not the radius of the bound \(claim.pLower)", file: "records.jsonl", line: 7, field: "radius",
        expected: "\(honest)", found: "\(radius)")
      #expect(found == [expected])
    }
  }

  @Test func `an abstention has no class and the radius 0`() async throws {
    let honest = HonestRun()
    let record = try #require(try await honest.records().last)
    try #require(record.abstained)
    var claim = try JSONDecoder().decode(ClaimedRecord.self, from: Data(StableJSON.line(record)))
    let check = RecordVerification(rule: try honest.rule(), sigma: HonestRun.sigma, tolerance: 0)
    claim.predicted = 0
    claim.correct = true
    #expect(check.failures(claim, line: 1).map(\.field) == ["predicted"])
    claim.predicted = -1
    claim.correct = false
    claim.radius = 0.1
    #expect(check.failures(claim, line: 1).map(\.field) == ["radius"])
  }

  @Test func `last digits may differ by the tolerance, and no more`() async throws {
    for field in [\ClaimedRecord.pLower, \.radius] {
      let slight: Change = { [field] in $0[keyPath: field] *= 1 + 1e-10 }
      let plain: Change = { [field] in $0[keyPath: field] *= 1 + 1e-8 }
      #expect(try await failures(HonestRun(), tolerance: 0, slight).count == 1)
      #expect(try await failures(HonestRun(), tolerance: 1e-9, slight) == [])
      #expect(try await failures(HonestRun(), tolerance: 1e-9, plain).count == 1)
    }
  }

  @Test(arguments: [HonestRun(kind: .targets), HonestRun(kind: .tolerance)])
  func `places of votes are kept since 0.3.0, and missed where they are not`(honest: HonestRun) async throws {
    func failures(_ version: String) async throws -> [String] {
      var claim = try await honest.claim()
      claim.against = nil
      let check = RecordVerification(
        rule: try honest.rule(), sigma: HonestRun.sigma, tolerance: 0,
        counting: RunManifest.Program(version: version).counting)
      return places(check.failures(claim, line: 2))
    }
    for version in ["0.1.0", "0.2.0"] { #expect(try await failures(version) == []) }
    for version in ["0.3.0", "1"] {
      #expect(try await failures(version).map { $0.hasPrefix("records.jsonl:2 against: absent") } == [true])
    }
  }

  @Test(arguments: [HonestRun(kind: .targets), HonestRun(kind: .tolerance)])
  func `a maximum or an end that other votes have is found`(honest: HonestRun) async throws {
    let claim = try await honest.claim()
    let against = try #require(claim.against?.places)
    try #require(against.count > 1)
    #expect(
      try await failures(honest) { $0.against = VotesAgainst(against.dropLast()) }.map { $0.prefix(8) } == ["against:"])
    // Votes against come last: another maximum, or another end.
    let late = VotesAgainst(claim.samples - against.count..<claim.samples)
    let found = try await failures(honest) { $0.against = late }
    #expect(found.contains { $0.contains("counting the votes again") }, "\(found)")
    let forged = try await failures(honest) { record in
      record.bound?.samples = record.votes[0]
      record.bound?.successes = record.votes[0]
    }
    #expect(forged.contains { $0.contains("counting the votes again finds it largest") }, "\(forged)")
  }

  static let anytimeFaults: [(Change, [String])] = [
    (
      {
        $0.votes[0] += 200
        $0.samples += 200
      }, ["samples: more votes than the budget"]
    ),
    ({ $0.bound = nil }, ["bound: absent, though the number of votes is not fixed"]),
    ({ $0.bound?.rule = "clopper-pearson" }, ["bound.rule: not the run's rule"]),
    ({ $0.bound?.alpha = 0.001 }, ["bound.alpha: not the run's level"]),
    ({ $0.bound?.samples = 1000 }, ["bound: no prefix of the votes"]),
    ({ $0.stopReason = "fixed" }, ["stopReason: no reason to stop"]),
    ({ $0.stopReason = "budget" }, ["samples: the budget is not spent"]),
  ]

  @Test(arguments: [HonestRun(kind: .targets), HonestRun(kind: .tolerance)])
  func `a fault in an anytime record is found and named`(honest: HonestRun) async throws {
    for (change, expected) in Self.anytimeFaults {
      #expect(try await failures(honest, change) == expected)
    }
    #expect(try await failures(honest) { $0.radius = $0.radius.nextUp }.map { $0.prefix(7) } == ["radius:"])
  }
}
