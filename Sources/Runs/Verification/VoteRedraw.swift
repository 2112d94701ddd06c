import Datasets
import Records
import Basics
import Certification
import Statistics

/// Casts every vote of recorded images once more and compares what comes out.
///
/// A record holds counts per class, so votes can only be confirmed an image at a time; what stopped an anytime count
/// where it did is confirmed along with it.
package struct VoteRedraw {
  var executor: VoteExecutor
  var sigma: PixelNoise
  var rule: CertificationRule
  var seed: UInt64
  var images: ImageProvider
  var progress: RunProgress
  /// Whether votes must be the same bit for bit.
  var isSameEngine: Bool
  /// How the run's program may have rounded, its own way first.
  var roundings: [BoundRounding]
  /// What the run says of images of other classes.
  var others: OtherClasses?

  package init(
    executor: VoteExecutor, sigma: PixelNoise, rule: CertificationRule, seed: UInt64, images: @escaping ImageProvider,
    progress: RunProgress = .silent, isSameEngine: Bool, roundings: [BoundRounding] = [.down],
    others: OtherClasses? = nil
  ) {
    self.roundings = roundings
    self.executor = executor
    self.sigma = sigma
    self.rule = rule
    self.seed = seed
    self.images = images
    self.progress = progress
    self.isSameEngine = isSameEngine
    self.others = others
  }

  /// More votes of one image than memory should hold at once.
  package static let mostVotes = 1 << 26

  package enum Finding: Sendable {
    /// The record is what comes out again, but for its time.
    case confirmed
    /// It is not, on the engine of the run.
    case refuted([VerificationFailure])
    /// Votes differ on another engine, which proves nothing against the run; by how much is said.
    case differs(String)
  }

  package func callAsFunction(_ records: [(line: Int, record: ImageRecord)]) async throws -> [Finding] {
    guard rule.selectionSamples + rule.samples <= Self.mostVotes else {
      throw InputError(
        "too many votes an image to draw them again", file: RunFile.manifestName,
        location: "field \"smoothing.samples\"", expected: "at most \(Self.mostVotes)", found: "\(rule.samples)")
    }
    let plan = WorkPlan(
      images: records.count, votesPerImage: rule.mostVotes, isOpen: rule.fixedVotes == nil,
      evaluationsPerVote: executor.evaluationsPerVote())
    var findings: [Finding] = []
    try await progress.follow(plan) {
      try await inOrder(records.count, window: min(2, executor.threads)) { position in
        try await draw(records[position].record, order: position)
      } deliver: { position, again in
        findings.append(try compare(records[position].record, again, line: records[position].line))
        progress.finishImage(evaluations: again.evaluations)
      }
    }
    return findings
  }

  private func draw(_ record: ImageRecord, order: Int) async throws -> ImageRecord {
    let (image, label) = try images(record.index).labelled(
      shape: executor.imageShape, classes: executor.classes, others: others)
    let votes = ImageVotes(
      executor: executor, pixels: image.pixels, seed: seed, image: UInt32(image.index), order: order,
      onVotes: { progress.addVotes($0) })
    // Records of earlier versions do not say which picture they are about.
    let picture = record.picture.flatMap { _ in RecordedPicture(image.picture) }
    return ImageRecord(
      index: image.index, label: label, picture: picture, result: try await rule(votes, sigma: sigma),
      seconds: record.seconds)
  }

  private func compare(_ record: ImageRecord, _ again: ImageRecord, line: Int) throws -> Finding {
    var again = again
    if record.against == nil { again.against = nil }
    // Counts decide everything else; on another engine the bound's last digits may differ with equal counts.
    let attempts = try roundings.map { rounding in
      FieldComparison.failures(
        try JSONValue(encoding: record), try JSONValue(encoding: again.rounded(rounding, sigma: sigma)),
        file: RunFile.recordsName, line: line, problem: "not what the votes drawn again give",
        leavingOut: record.bound == nil ? ["bound.rule", "bound.successes", "bound.samples", "bound.alpha"] : [])
    }
    guard let failures = attempts.first, attempts.allSatisfy({ !$0.isEmpty }) else { return .confirmed }
    guard !isSameEngine else { return .refuted(failures) }
    if Self.sameVotes(record, again) { return .confirmed }

    return .differs(difference(record, again, line: line))
  }

  /// What the votes show of two engines, and no more: how far apart the probabilities must be.
  private func difference(_ record: ImageRecord, _ again: ImageRecord, line: Int) -> String {
    let candidate = record.candidate
    func gap(
      _ found: Int, of trials: Int, _ here: Int, of others: Int, by bound: Bound.Kind, _ kind: String
    ) -> String {
      let gap = VoteCompatibility.gap(
        .init(successes: found, trials: trials), .init(successes: here, trials: others), by: bound)
      guard gap > 0 else { return "" }
      return "; the probability of \(kind) for it is another here by \(DecimalText.down(gap, digits: 3)) at least "
        + "(error probability below \(VoteCompatibility.level)): either these are not its votes, or engines change it that "
        + "much"
    }
    let (votes, here) = (record.votes(for: candidate), again.votes(for: candidate))
    return "\(RunFile.recordsName), line \(line): image \(record.index) has \(votes) of "
      + "\(record.samples) votes for class \(candidate) in the run, \(here) of \(again.samples) here"
      + gap(
        record.selectionVotes(for: candidate), of: record.selectionSamples, again.selectionVotes(for: candidate),
        of: again.selectionSamples, by: .clopperPearson, "a selection vote")
      + gap(votes, of: record.samples, here, of: again.samples, by: rule.boundKind, "a vote")
  }

  private static func sameVotes(_ first: ImageRecord, _ second: ImageRecord) -> Bool {
    first.votes == second.votes && first.invalidVotes == second.invalidVotes
      && first.selectionVotes == second.selectionVotes
      && first.invalidSelectionVotes == second.invalidSelectionVotes && first.label == second.label
      && first.stopReason == second.stopReason && first.evaluations == second.evaluations
      && first.against == second.against
      && (first.bound?.successes, first.bound?.samples) == (second.bound?.successes, second.bound?.samples)
  }
}
