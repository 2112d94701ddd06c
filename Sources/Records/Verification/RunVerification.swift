import Basics
import Certification
import Classifiers
import Foundation

/// Verifies a finished run directory: believes nothing in it that can be computed again.
///
/// In this order: the files of the directory by themselves (``checkFiles(engine:)``), the model and the data that they
/// name (``checkSources(_:)``), and votes, cast again (by `Runs`). What cannot be verified from a run directory: that
/// the seed was chosen before its outcome was known.
public struct RunVerification {
  private let run: ClaimedRun
  /// The indices of the pictures that the run lists.
  private let listed: Set<Int>?
  private var failures = VerificationFailures()
  private var unchecked = VerificationFailures()
  package private(set) var engineDifferences: [RunEngine.Difference] = []
  /// Whether the model and the data are the run's.
  package private(set) var sourcesHold = false
  private var redrawn = RedrawFindings()
  /// Images that could not be opened, or show something else now; already told.
  package private(set) var unopened: Set<Int> = []

  /// What the run says of itself.
  public var manifest: RunManifest { run.manifest }
  /// Whether nothing has failed so far.
  public var holds: Bool { failures.isEmpty }

  /// Reads a run directory.
  ///
  /// - Throws: `InputError` naming the file where there is no run; `UsageError` for one that is still being written.
  public init(path: String) throws {
    if let holder = RunLock.holder(directory: path) {
      throw UsageError("\(path) is still being written (\(holder)); verify it when it is finished")
    }
    run = try ClaimedRun(path: path)
    listed = run.manifest.pictures?.listed.map { Set($0.map(\.index)) }
  }

  /// Checks what the files of the directory say against each other.
  ///
  /// - Parameter engine: what computes here; only where it is the run's are the last digits of bounds checked too.
  public mutating func checkFiles(engine: RunEngine?) {
    let manifest = run.manifest
    run.failures.forEach { failures.add($0) }
    let contradictions = manifest.contradictions()
    contradictions.forEach { failures.add($0) }
    if let engine { engineDifferences = RunEngine(manifest).differences(here: engine) }
    // Nothing can be held against numbers that are none.
    guard contradictions.isEmpty, let indices = try? manifest.indices(),
      let rule = try? manifest.rule()
    else { return }
    let check = RecordVerification(
      rule: rule, sigma: manifest.sigma, tolerance: engine == nil || !engineDifferences.isEmpty ? 1e-9 : 0,
      roundings: manifest.program.roundings, classes: manifest.recordClasses, counting: manifest.program.counting)
    let classes = run.lines.lazy.compactMap(\.claim).first?.votes.count
    for line in run.lines {
      guard let claim = line.claim else { continue }
      var found = check.failures(claim, line: line.number)
      if let classes, claim.votes.count != classes {
        found.append(
          VerificationFailure(
            "another number of classes than before", file: RunFile.recordsName, line: line.number, field: "votes",
            expected: "\(classes)", found: "\(claim.votes.count)"))
      }
      if found.isEmpty, let form = Self.checkForm(line) { found.append(form) }
      found.forEach { failures.add($0) }
    }
    PictureVerification(manifest).failures(run.lines).forEach { failures.add($0) }
    CompletenessVerification(indices: indices).failures(
      run.lines.compactMap { line in line.claim.map { (line.number, $0.index) } }
    ).forEach { failures.add($0) }
    if let table = run.table {
      TableVerification.failures(table, records: run.lines.map(\.record)).forEach { failures.add($0) }
    }
    checkSummary()
  }

  /// A line is what `certify` writes for its record, byte for byte: no field twice, none that nobody checks.
  private static func checkForm(_ line: ClaimedRun.Line) -> VerificationFailure? {
    guard let record = line.record, var bytes = try? StableJSON.line(record) else {
      return VerificationFailure("not a record that can be read", file: RunFile.recordsName, line: line.number)
    }
    if line.claim?.stopReason == nil {
      bytes = Array(
        String(decoding: bytes, as: UTF8.self).replacingOccurrences(
          of: "\"stopReason\":\"\(StopReason.fixed.rawValue)\",", with: ""
        ).utf8)
    }
    guard bytes != line.bytes else { return nil }
    return VerificationFailure(
      "not as ndc writes its record (a field twice, one too many, or another form)", file: RunFile.recordsName,
      line: line.number)
  }

  private mutating func checkSummary() {
    guard let summary = run.summary else { return }
    let records = run.lines.compactMap(\.record)
    guard records.count == run.lines.count else { return }
    let found = RunSummary.summaries(records, of: manifest).compactMap { expected in
      (try? JSONValue(encoding: expected)).map {
        FieldComparison.failures(summary, $0, file: RunFile.summaryName, problem: "not what the records add up to")
      }
    }
    if found.allSatisfy({ !$0.isEmpty }) { found.first?.forEach { failures.add($0) } }
  }

  /// Records that something could not be checked, which says nothing against the run: its model or its data are not
  /// found.
  public mutating func addUnchecked(_ error: any Error, file: String, field: String) {
    unchecked.add(VerificationFailure(error, file: file, field: field))
  }

  /// Records that what run.json says cannot be so.
  public mutating func addFailure(_ error: any Error, file: String, field: String) {
    failures.add(VerificationFailure(error, file: file, field: field))
  }

  /// Checks digests and sizes of the model and the data, and the labels of all records.
  ///
  /// - Throws: what opening an image throws other than `InputError`.
  public mutating func checkSources(_ sources: RunSources) throws {
    let differences = sources.failures(run.manifest)
    let isElsewhere = !run.manifest.isWhereItBegan(run.path)
    for difference in differences {
      if isElsewhere, sources.isDoubtful(difference) { unchecked.add(difference) } else { failures.add(difference) }
    }
    sourcesHold = differences.isEmpty
    guard sourcesHold else { return }
    // Another data set of the same name says nothing against the run.
    let isDoubtful = isElsewhere && sources.relativeParts.contains("data")
    for line in run.lines {
      guard let claim = line.claim, isOfRun(claim.index) else { continue }
      if sources.lacks(claim.index) {
        unopened.insert(claim.index)
        unchecked.add(
          VerificationFailure(
            "the data set no longer has it", file: sources.data.source, field: "data.source",
            found: claim.identity.place))
        continue
      }
      func add(_ failure: VerificationFailure) {
        unopened.insert(claim.index)
        guard isDoubtful else { return failures.add(failure) }
        var failure = failure
        failure.field = "data.source"
        unchecked.add(failure)
      }
      func require(_ found: Int, _ expected: Int?, _ field: String, _ problem: String) {
        guard found != expected else { return }
        failures.add(
          VerificationFailure(
            problem, file: RunFile.recordsName, line: line.number, field: field,
            expected: expected.map(String.init) ?? "none", found: "\(found)"))
      }
      require(claim.votes.count, sources.classCount, "votes", "not the model's number of classes")
      do {
        require(claim.label, try sources.label(claim.index), "label", "not the image's label")
        if claim.picture != nil, let picture = try sources.picture?(claim.index),
          let difference = picture.difference(from: claim.identity)
        {
          add(VerificationFailure(difference, file: RunFile.recordsName, line: line.number, field: "picture.digest"))
        }
      } catch let error as InputError {
        add(VerificationFailure(error, file: sources.data.source))
      }
    }
  }

  /// Whether an index may be one of the run's: of its list, or of the data set.
  package func isOfRun(_ index: Int) -> Bool { listed?.contains(index) ?? (0..<manifest.data.size).contains(index) }

  /// The records that can be read, each with its line.
  package var records: [(line: Int, record: ImageRecord)] {
    run.lines.compactMap { line in line.record.map { (line.number, $0) } }
  }

  /// Takes in what casting votes again brought.
  package mutating func add(_ findings: RedrawFindings) {
    findings.failures.forEach { failures.add($0) }
    redrawn = findings
  }

  /// What was found.
  public func report() -> VerificationReport {
    VerificationReport(
      run: run.path,
      verdict: !failures.isEmpty ? .fails : redrawn.differing.isEmpty && unchecked.isEmpty ? .holds : .unconfirmed,
      images: run.manifest.images.count, claim: run.manifest.claim,
      beyondClaim: run.manifest.beyondClaim(run.manifest.images.count), partialOf: run.manifest.partialOf,
      shard: run.manifest.shard?.name, records: run.lines.count,
      redrawn: redrawn.indices,
      confirmed: redrawn.confirmed, redrawSeed: redrawn.seed, engineDifferences: engineDifferences,
      differing: redrawn.differing, unchecked: unchecked.first, failureCount: failures.count, failures: failures.first)
  }
}
