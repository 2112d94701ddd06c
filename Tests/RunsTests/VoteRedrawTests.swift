import Basics
import Certification
import Records
import Runs
import Testing

/// Votes of an honest run cast again, and one planted fault each.
@Suite struct VoteRedrawTests {
  static let runs = [ToyRun(), ToyRun(samples: 400, targets: [0.1])]

  private func redraw(_ run: ToyRun, isSameEngine: Bool = true) throws -> VoteRedraw {
    VoteRedraw(
      executor: try run.executor(), sigma: PixelNoise(run.sigma), rule: run.rule, seed: run.seed, images: run.images,
      isSameEngine: isSameEngine)
  }

  /// What becomes of the third record after a change.
  private func finding(
    _ run: ToyRun, isSameEngine: Bool = true, _ change: (inout ImageRecord) throws -> Void
  ) async throws -> VoteRedraw.Finding {
    var record = try await run.records()[2]
    try change(&record)
    return try #require(try await redraw(run, isSameEngine: isSameEngine)([(line: 3, record: record)]).first)
  }

  private func fields(_ finding: VoteRedraw.Finding) -> [String?]? {
    guard case .refuted(let failures) = finding else { return nil }
    return failures.map(\.field)
  }

  private func isConfirmed(_ finding: VoteRedraw.Finding) -> Bool {
    if case .confirmed = finding { true } else { false }
  }

  @Test(arguments: runs.indices, [true, false])
  func `every record of an honest run is confirmed, in order`(run: Int, isSameEngine: Bool) async throws {
    let run = Self.runs[run]
    let records = try await run.records()
    let findings = try await redraw(run, isSameEngine: isSameEngine)(records.enumerated().map { ($0 + 1, $1) })
    #expect(findings.count == 8 && findings.allSatisfy(isConfirmed))
  }

  @Test func `a record of 0.2.0 is confirmed as that version rounded`() async throws {
    let run = ToyRun(sigma: 0.12)
    let record = try await run.records()[2].rounded(.nearest, sigma: PixelNoise(0.12))
    var redraw = try redraw(run)
    let later = try #require(try await redraw([(line: 3, record: record)]).first)
    #expect(fields(later).map { $0.contains("radius") } == true)
    redraw = VoteRedraw(
      executor: try run.executor(), sigma: PixelNoise(0.12), rule: run.rule, seed: run.seed, images: run.images,
      isSameEngine: true, roundings: RunManifest.Program(version: "0.2.0").roundings)
    #expect(isConfirmed(try #require(try await redraw([(line: 3, record: record)]).first)))
  }

  @Test func `a record's time is its own`() async throws {
    #expect(isConfirmed(try await finding(ToyRun()) { $0.seconds = 1000 }))
  }

  @Test func `the oldest records name no bound`() async throws {
    #expect(isConfirmed(try await finding(ToyRun()) { $0.bound = nil }))
  }

  static let faults: [(@Sendable (inout ImageRecord) -> Void, [String])] = [
    ({ $0.votes.swapAt(0, 1) }, ["votes"]), ({ $0.selectionVotes.swapAt(0, 1) }, ["selectionVotes"]),
    ({ $0.invalidVotes += 1 }, ["invalidVotes", "samples"]), ({ $0.evaluations += 1 }, ["evaluations"]),
    ({ $0.pLower = $0.pLower.nextUp }, ["pLower"]), ({ $0.label += 1 }, ["correct", "label"]),
    ({ $0.stopReason = .budget }, ["stopReason"]),
    (
      { $0.bound = Bound(kind: .betaMixture, successes: 1, samples: 1, alpha: 0.01) },
      ["bound.rule", "bound.samples", "bound.successes"]
    ),
  ]

  @Test(arguments: faults.indices)
  func `on the same engine whatever does not come out again is named`(fault: Int) async throws {
    let run = ToyRun(images: { index in
      var image = try ToyRun.image(index)
      image.label = 0
      return image
    })
    let found = try await finding(run) { record in
      record.label = 0
      // Votes for two classes, so that exchanging them changes something.
      #expect(record.votes[0] != record.votes[1] && record.selectionVotes[0] != record.selectionVotes[1])
      Self.faults[fault].0(&record)
    }
    guard case .refuted(let failures) = found else {
      Issue.record("not refuted: \(found)")
      return
    }
    let expected = Set(Self.faults[fault].1)
    #expect(expected.isSubset(of: Set(failures.compactMap(\.field))), "\(failures)")
    #expect(failures.allSatisfy { $0.file == "records.jsonl" && $0.line == 3 })
    #expect(failures.allSatisfy { $0.problem == "not what the votes drawn again give" })
  }

  @Test func `another seed's votes are not these`() async throws {
    let records = try await ToyRun(seed: 6).records()
    let findings = try await redraw(ToyRun())(records.enumerated().map { ($0 + 1, $1) })
    #expect(findings.contains { !isConfirmed($0) })
  }

  @Test func `on another engine a bound's last digits may differ`() async throws {
    #expect(isConfirmed(try await finding(ToyRun(), isSameEngine: false) { $0.pLower = $0.pLower.nextUp }))
  }

  static let slightChanges: [@Sendable (inout ImageRecord) -> Void] = [
    { $0.votes = ToyRun.moved($0.votes, from: $0.candidate) },
    { $0.selectionVotes = ToyRun.moved($0.selectionVotes, from: $0.candidate) },
    { $0.invalidVotes += 1 }, { $0.invalidSelectionVotes += 1 }, { $0.evaluations += 1 }, { $0.label += 1 },
    { $0.stopReason = .budget },
    { $0.bound = Bound(kind: .clopperPearson, successes: 1, samples: 60, alpha: 0.01) },
    { $0.bound = Bound(kind: .clopperPearson, successes: $0.votes[$0.candidate], samples: 59, alpha: 0.01) },
  ]

  @Test(arguments: slightChanges.indices)
  func `on another engine votes that differ a little are said to differ`(change: Int) async throws {
    let found = try await finding(ToyRun(), isSameEngine: false) { Self.slightChanges[change](&$0) }
    guard case .differs(let text) = found else {
      Issue.record("\(found)")
      return
    }
    #expect(text.hasPrefix("records.jsonl, line 3: image 7 has ") && text.contains(" votes for class "))
  }

  /// Another engine may change a probability by nobody knows how much: nothing is refuted, and all that is proved is said.
  @Test(arguments: runs.indices)
  func `on another engine votes of another probability are said to be, with how much it must differ`(
    run: Int
  ) async throws {
    let run = Self.runs[run]
    func text(_ change: (inout ImageRecord) throws -> Void) async throws -> String {
      guard case .differs(let text) = try await finding(run, isSameEngine: false, change) else { return "" }
      return text
    }
    let votes = try await text { record in
      // All votes for the candidate go to another class.
      let other = (record.candidate + 1) % 3
      record.votes[other] += record.votes[record.candidate] + 1000
      record.votes[record.candidate] = 0
    }
    #expect(votes.contains("; the probability of a vote for it is another here by 0."), "\(votes)")
    #expect(votes.contains("(error probability below 1e-06)") && !votes.contains("any processor"), "\(votes)")
    let selection = try await text { record in
      record.selectionVotes = [0, 0, 0]
      record.selectionVotes[(record.candidate + 1) % 3] = 1000
    }
    #expect(selection.contains("; the probability of a selection vote for it is another here by 0."), "\(selection)")
  }

  @Test func `votes of which the number is not fixed are held against the confidence sequence`() async throws {
    let run = Self.runs[1]
    let record = try await run.records()[2]
    let (candidate, trials) = (record.candidate, record.samples)
    func count(_ successes: Int) -> VoteCompatibility.Count { .init(successes: successes, trials: trials) }
    // So few for the candidate that they could not be of a fixed number of votes, and can be here.
    let few = try #require(
      (0...record.votes[candidate]).first { k in
        VoteCompatibility.areCompatible(count(k), count(record.votes[candidate]), by: .betaMixture)
      })
    try #require(
      !VoteCompatibility.areCompatible(count(few), count(record.votes[candidate]), by: .clopperPearson))
    let found = try await finding(run, isSameEngine: false) { record in
      record.votes[(candidate + 1) % 3] += record.votes[candidate] - few
      record.votes[candidate] = few
    }
    guard case .differs(let text) = found else {
      Issue.record("\(found)")
      return
    }
    #expect(!text.contains("probability"))
  }

  @Test func `more votes than memory should hold are refused`() async throws {
    let run = ToyRun(selectionSamples: 1, samples: VoteRedraw.mostVotes)
    let redraw = try redraw(run)
    let text = await message(of: InputError.self) { _ = try await redraw([]) }
    #expect(text?.contains("smoothing.samples") == true, "\(text ?? "accepted")")
  }
}

extension ToyRun {
  /// One vote moved to the next class.
  fileprivate static func moved(_ votes: [Int], from label: Int) -> [Int] {
    var moved = votes
    moved[label] -= 1
    moved[(label + 1) % votes.count] += 1
    return moved
  }
}
