import Basics
import Certification
import Statistics

/// Holds one record against the run's description: every number that follows from others is computed again.
package struct RecordVerification {
  let rule: CertificationRule
  let sigma: PixelNoise
  /// What a bound's last digits may differ by, relatively: 0 on the kind of processor the run was made on.
  let tolerance: Double
  /// How the run's program may have rounded, its own way first.
  let roundings: [BoundRounding]
  /// Which classes the votes are for.
  let expected: RecordClasses
  /// What the run's program lets one count again.
  let counting: RunManifest.Program.Counting

  package init(
    rule: CertificationRule, sigma: PixelNoise, tolerance: Double, roundings: [BoundRounding] = [.down],
    classes: RecordClasses = RecordClasses(nil), counting: RunManifest.Program.Counting = .ordered
  ) {
    self.roundings = roundings
    self.counting = counting
    expected = classes
    self.rule = rule
    self.sigma = sigma
    self.tolerance = tolerance
  }

  /// What does not hold of a record on line `line`.
  package func failures(_ record: ClaimedRecord, line: Int) -> [VerificationFailure] {
    var check = Check(line: line)
    checkCounts(record, &check)
    guard check.failures.isEmpty else { return check.failures }
    if let bound = checkBound(record, &check) { checkCertificate(record, bound, &check) }
    check.require(
      record.correct, record.predicted == record.label, "correct", "disagrees with predicted and label")
    check.require(
      record.seconds.isFinite && record.seconds >= 0, "seconds", "not a time", found: "\(record.seconds)")
    check.require(
      (0...ImageRecord.mostEvaluations).contains(record.evaluations), "evaluations", "not a number of evaluations",
      found: "\(record.evaluations)")
    return check.failures
  }

  private func checkCounts(_ record: ClaimedRecord, _ check: inout Check) {
    let classes = classes(of: record)
    check.require(!record.votes.isEmpty, "votes", "no classes")
    check.require(record.votes.count, classes.count, "votes", "not as many as the classes of run.json")
    check.require(
      record.selectionVotes.count, record.votes.count, "selectionVotes", "another number of classes than in votes")
    check.require(
      record.votes.isEmpty || expected.admit(label: record.label, among: classes), "label", "none of the classes",
      expected: expected.classes.map { "\($0)" } ?? "0 … \(classes.count - 1)", found: "\(record.label)")
    if let sum = record.voteSum {
      check.require(record.samples, sum, "samples", "the votes do not sum to it")
      if let contradiction = rule.behaviour.contradiction(inVotes: sum) { check.add(contradiction) }
    } else {
      check.require(false, "votes", "not numbers of votes")
    }
    if let sum = record.selectionSum {
      check.require(sum, rule.selectionSamples, "selectionVotes", "not the number of selection votes")
    } else {
      check.require(false, "selectionVotes", "not numbers of votes")
    }
    if record.selectionVotes.count == classes.count, let leader = record.leader.map({ classes[$0] }) {
      check.require(
        record.candidate, leader, "candidate", "not the class with most selection votes (ties to the lowest)")
    }
  }

  private func classes(of record: ClaimedRecord) -> ClassSet {
    expected.classes ?? ClassSet(count: record.votes.count)
  }

  /// Whether the record's bound and the end of its counting follow from its votes by the run's rule, as far as the
  /// record tells their order.
  package func comesOfCounting(_ record: ClaimedRecord) -> Bool { examine(record).contradictions.isEmpty }

  private func examine(_ record: ClaimedRecord) -> Examination {
    let count = record.count(among: classes(of: record))
    guard counting != .none || record.against != nil else { return rule.behaviour.examine(count) }
    var examination = rule.behaviour.examine(count, sigma: sigma)
    if counting == .ordered, rule.fixedVotes == nil, record.samples <= VotesAgainst.mostTrials, record.against == nil {
      examination.add(Contradiction("absent, though the run’s version keeps places of votes", field: "against"))
    }
    return examination
  }

  /// The bound as it follows from the votes; nil where the recorded one cannot come from them.
  private func checkBound(_ record: ClaimedRecord, _ check: inout Check) -> Bound? {
    let examination = examine(record)
    examination.contradictions.forEach { check.add($0) }
    return examination.bound
  }

  private func checkCertificate(_ record: ClaimedRecord, _ bound: Bound, _ check: inout Check) {
    // As one way of rounding has it, throughout; failures are told against the program's own.
    let certificates = roundings.map { Certificate(bound, sigma: sigma, rounding: $0) }
    guard
      let certificate = certificates.first(where: {
        agree(record.pLower, $0.pLower) && agree(record.radius, $0.radius ?? 0)
      }) ?? certificates.first
    else { return }
    let (value, radius) = (certificate.pLower, certificate.radius)
    check.require(
      agree(record.pLower, value), "pLower", "not the bound of \(bound.successes) in \(bound.samples) votes",
      expected: "\(value)", found: "\(record.pLower)")
    check.require(record.abstained, radius == nil, "abstained", "disagrees with the bound")
    check.require(
      agree(record.radius, radius ?? 0), "radius", "not the radius of the bound \(value)",
      expected: "\(radius ?? 0)", found: "\(record.radius)")
    check.require(
      record.predicted, radius == nil ? ImageRecord.abstention : record.candidate, "predicted",
      "disagrees with candidate and bound")
  }

  private func agree(_ found: Double, _ expected: Double) -> Bool {
    found == expected || abs(found - expected) <= tolerance * abs(expected)
  }

  /// Failures of one line.
  private struct Check {
    let line: Int
    var failures: [VerificationFailure] = []

    mutating func add(_ contradiction: Contradiction) {
      failures.append(
        VerificationFailure(
          contradiction.problem, file: RunFile.recordsName, line: line, field: contradiction.field,
          expected: contradiction.expected, found: contradiction.found))
    }

    mutating func require(
      _ condition: Bool, _ field: String, _ problem: String, expected: String? = nil, found: String? = nil
    ) {
      guard !condition else { return }
      failures.append(
        VerificationFailure(
          problem, file: RunFile.recordsName, line: line, field: field, expected: expected, found: found))
    }

    mutating func require<Value: Equatable>(
      _ found: Value, _ expected: Value, _ field: String, _ problem: String
    ) {
      require(found == expected, field, problem, expected: "\(expected)", found: "\(found)")
    }
  }
}
