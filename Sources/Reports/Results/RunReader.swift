import Records
import Basics
import Certification
import Foundation
import Statistics

extension ReportedRun {
  /// Reads a run directory, or a table of another tool.
  ///
  /// - Parameters:
  ///   - path: a folder that holds run.json and records.jsonl, or a file.
  ///   - name: what the user calls it; several runs of one name are one method at several σ.
  /// - Throws: `InputError` naming the file, the line and the field.
  public static func read(_ path: String, name: String? = nil) throws -> ReportedRun {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError("no such run or table", file: path, expected: "a run directory or a .tsv file")
    }
    return isFolder.boolValue ? try readRun(path, name: name) : try readTable(path, name: name)
  }

  /// In pixels: no picture is that large.
  static let largestRadius = 1e9

  private static func readRun(_ path: String, name: String?) throws -> ReportedRun {
    let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard FileManager.default.fileExists(atPath: folder + "/" + RunFile.manifestName) else {
      throw InputError("no run in this folder", file: folder, expected: "run.json and records.jsonl")
    }
    let origin = try RunOrigin.read(folder)
    let recordsFile = folder + "/" + RunFile.recordsName
    // A run's own reader takes a missing file for one that is still to be begun.
    _ = try MappedFile(path: recordsFile)
    let records = try RunDirectory.readRecords(
      folder, classes: origin.classes, others: origin.otherClasses)
    guard !records.isEmpty else { throw InputError("the run has no finished image yet", file: recordsFile) }
    try check(records, file: recordsFile)

    let sigma = origin.sigma
    var method = origin.classifier?.specification?.method ?? URL(fileURLWithPath: folder).lastPathComponent
    if let classes = origin.classes { method += " among \(classes)" }
    var title = name ?? method
    if let whole = origin.merged?.partialOf { title += " (partial: \(records.count) of \(whole) images)" }
    return ReportedRun(
      title: RunTitle(title, sigma: sigma), method: name.map(RunMethod.named) ?? .settings(origin.methodKey),
      source: path, sigma: sigma, images: records.map(CertifiedImage.init), origin: origin,
      notes: notes(records, origin: origin), classNames: origin.data?.classNames ?? [])
  }

  private static func notes(_ records: [ImageRecord], origin: RunOrigin) -> [RunNote] {
    var notes: [RunNote] = []
    if let count = origin.images?.count, count > records.count {
      notes.append(.unfinished(finished: records.count, images: count))
    }
    if let whole = origin.merged?.partialOf { notes.append(.partial(images: records.count, of: whole)) }
    if let shard = origin.shard, let index = shard.index, let of = shard.of {
      notes.append(.shard(index: index, of: of, images: shard.images))
    }
    if let dependence = origin.model?.served?.companionDependence, dependence != .none {
      notes.append(.companionDependence(dependence))
    }
    if let classes = origin.classes { notes.append(.someClasses(classes, others: origin.otherClasses)) }
    if let caveat = origin.rule?.caveat { notes.append(.incomparable(caveat)) }
    let program = RunManifest.Program(version: origin.program?.version ?? "0")
    if let sigma = origin.sigma,
      let note = overclaims(records, sigma: sigma, alpha: origin.alpha, roundings: program.roundings)
    {
      notes.append(note)
    }
    if let note = contradictions(records, origin: origin) { notes.append(note) }
    let invalid = records.reduce(0) { $0 + $1.invalidVotes + $1.invalidSelectionVotes }
    if invalid > 0 { notes.append(.invalidVotes(invalid)) }
    return notes
  }

  /// Names records whose radius is larger than their votes certify.
  private static func overclaims(
    _ records: [ImageRecord], sigma: Double, alpha: Double?, roundings: [BoundRounding]
  ) -> RunNote? {
    guard sigma > 0, sigma.isFinite, let alpha, alpha > 0, alpha < 1 else { return nil }
    var known: [Bound: Double] = [:]
    let countsAgain = records.canBeCountedAgain
    var lines: [Int] = []
    for (position, record) in records.enumerated() {
      guard let radius = record.outcome.radius else { continue }
      // At the run's level, whatever level the record claims to be at.
      let bound = record.bound(atLevel: alpha, countsAgain: countsAgain)
      let certified =
        known[bound]
        ?? roundings.compactMap { Certificate(bound, sigma: PixelNoise(sigma), rounding: $0).radius }.max() ?? 0
      known[bound] = certified
      // Another processor's last digits are no overclaim.
      if radius > certified * (1 + 1e-9) { lines.append(position + 1) }
    }
    return lines.first.map { .overclaims(records: lines.count, firstLine: $0) }
  }

  /// Names records that no counting by the run's rule can have given.
  private static func contradictions(_ records: [ImageRecord], origin: RunOrigin) -> RunNote? {
    guard let sigma = origin.sigma, sigma > 0, sigma.isFinite, let rule = origin.countingRule,
      records.canBeCountedAgain
    else { return nil }
    let counting = RunManifest.Program(version: origin.program?.version ?? "0").counting
    let check = RecordVerification(
      rule: rule, sigma: PixelNoise(sigma), tolerance: 1e-9,
      classes: RecordClasses(origin.classes, others: origin.otherClasses), counting: counting)
    let lines = records.enumerated().filter { !check.comesOfCounting(ClaimedRecord($1)) }.map { $0.offset + 1 }
    return lines.first.map { .contradictory(records: lines.count, firstLine: $0) }
  }

  private static func check(_ records: [ImageRecord], file: String) throws {
    var seen: [Int: Int] = [:]
    for (position, record) in records.enumerated() {
      if let first = seen.updateValue(position, forKey: record.index) {
        throw InputError(
          "an image is recorded twice", file: file, location: "line \(position + 1), field \"index\"",
          found: "image \(record.index), also on line \(first + 1)")
      }
      guard (record.outcome.radius ?? 0) <= largestRadius else {
        throw InputError(
          "not a radius in pixels", file: file, location: "line \(position + 1), field \"radius\"",
          expected: "at most \(Int(largestRadius))", found: "\(record.outcome.radius ?? 0)")
      }
      guard record.votes.count == records[0].votes.count else {
        throw InputError(
          "another number of classes than before", file: file, location: "line \(position + 1), field \"votes\"",
          expected: "\(records[0].votes.count)", found: "\(record.votes.count)")
      }
    }
  }

  private static func readTable(_ path: String, name: String?) throws -> ReportedRun {
    let table = try ForeignTable(path: path)
    let said = SigmaInName(path: path)
    let sigma = said.value
    // The file's own name says σ, or does not.
    let title = name.map { RunTitle($0, sigma: sigma) } ?? RunTitle(URL(fileURLWithPath: path).lastPathComponent)
    return ReportedRun(
      title: title, method: name.map(RunMethod.named) ?? .table(path: path), source: path, sigma: sigma,
      images: table.images, notes: table.quirks.map(RunNote.quirk) + [RunNote(said), .tableAlone])
  }
}
