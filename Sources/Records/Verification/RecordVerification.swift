import Basics
import Certification
import Statistics

/// Holds one record against the run's description: every number that follows from others is computed again.
struct RecordVerification {
  let smoothing: RunManifest.Smoothing
  /// What a bound's last digits may differ by, relatively: 0 on the kind of processor the run was made on.
  let tolerance: Double

  /// What does not hold of a record on line `line`.
  func failures(_ record: ClaimedRecord, line: Int) -> [VerificationFailure] {
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
    let classes = record.votes.count
    check.require(classes > 0, "votes", "no classes")
    check.require(record.selectionVotes.count, classes, "selectionVotes", "another number of classes than in votes")
    check.require(
      (0..<max(1, classes)).contains(record.label), "label", "none of the classes", expected: "0 … \(classes - 1)",
      found: "\(record.label)")
    if let sum = record.voteSum {
      check.require(record.samples, sum, "samples", "the votes do not sum to it")
      if smoothing.stop == RunManifest.Smoothing.anytime {
        check.require(
          sum <= smoothing.samples, "samples", "more votes than the budget", expected: "at most \(smoothing.samples)",
          found: "\(sum)")
      } else {
        check.require(sum, smoothing.samples, "votes", "not the number of votes fixed beforehand")
      }
    } else {
      check.require(false, "votes", "not numbers of votes")
    }
    if let sum = record.selectionSum {
      check.require(sum, smoothing.selectionSamples, "selectionVotes", "not the number of selection votes")
    } else {
      check.require(false, "selectionVotes", "not numbers of votes")
    }
    if let leader = record.leader {
      check.require(
        record.candidate, leader, "candidate", "not the class with most selection votes (ties to the lowest)")
    }
  }

  /// The bound as it follows from the votes; nil where the recorded one cannot come from them.
  private func checkBound(_ record: ClaimedRecord, _ check: inout Check) -> Bound? {
    let successes = record.votes[record.candidate]
    let failed = record.samples - successes
    let before = check.failures.count
    if let bound = record.bound {
      check.require(bound.alpha, smoothing.alpha, "bound.alpha", "not the run's level")
    }
    if smoothing.stop == RunManifest.Smoothing.fixed {
      if let bound = record.bound {
        check.require(bound.rule, Bound.Kind.clopperPearson.rawValue, "bound.rule", "not the run's rule")
        check.require(bound.successes, successes, "bound.successes", "not the candidate's votes")
        check.require(bound.samples, record.samples, "bound.samples", "not the number of votes")
      }
      check.require(
        record.stopReason ?? StopReason.fixed.rawValue, StopReason.fixed.rawValue, "stopReason",
        "the number of votes is fixed")
      return Bound(
        kind: .clopperPearson, successes: successes, samples: record.samples, alpha: smoothing.alpha)
    }
    guard let bound = record.bound else {
      check.require(false, "bound", "absent, though the number of votes is not fixed")
      return nil
    }
    check.require(bound.rule, Bound.Kind.betaMixture.rawValue, "bound.rule", "not the run's rule")
    // A prefix of the votes that ends in a success and has no more votes of either kind than all of them.
    let isPrefix =
      (0...record.samples).contains(bound.samples) && (0...bound.samples).contains(bound.successes)
      && bound.successes <= successes && bound.samples - bound.successes <= failed
      && (bound.successes > 0) == (bound.samples > 0) && (successes > 0) == (bound.successes > 0)
    check.require(
      isPrefix, "bound", "no prefix of the votes",
      expected: "at most \(successes) votes for and \(failed) against class \(record.candidate)",
      found: "\(bound.successes) of \(bound.samples)")
    checkStop(record, &check)
    guard check.failures.count == before else { return nil }
    let attained = Bound(
      kind: .betaMixture, successes: bound.successes, samples: bound.samples, alpha: smoothing.alpha)
    let final = Bound(kind: .betaMixture, successes: successes, samples: record.samples, alpha: smoothing.alpha)
    check.require(
      final.value <= attained.value, "bound", "not where the bound was largest: all votes give a larger one",
      expected: "at least \(final.value)", found: "\(attained.value)")
    return attained
  }

  private func checkStop(_ record: ClaimedRecord, _ check: inout Check) {
    switch record.stopReason.flatMap(StopReason.init(rawValue:)) {
    case .budget:
      check.require(record.samples, smoothing.samples, "samples", "the budget is not spent")
    case .targets:
      check.require(smoothing.targetRadii != nil, "stopReason", "the run has no target radii", found: "targets")
    case .tolerance:
      check.require(
        (smoothing.radiusTolerance ?? 0) > 0, "stopReason", "the run has no tolerance", found: "tolerance")
    case .fixed, nil:
      check.require(
        false, "stopReason", "no reason to stop", expected: "targets, tolerance or budget",
        found: record.stopReason ?? "nothing")
    }
  }

  private func checkCertificate(_ record: ClaimedRecord, _ bound: Bound, _ check: inout Check) {
    let value = bound.value
    let radius = CertifiedRadius.radius(sigma: smoothing.sigma, lowerBound: value)
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
