import Basics
import Certification
import Foundation

/// The files a run leaves (Docs/Files.md, Run directory): `run.json`, written first; `records.jsonl`, one line an
/// image; `certified.tsv` and `summary.json`, both derived from the records and rebuilt whenever the run is opened
/// again.
///
/// One process at a time holds a run directory; the lock lasts as long as this object. Used from one task.
public final class RunDirectory {
  /// Begins the names of the files that are nobody's result: the lock and half-written files.
  static let hiddenPrefix = AtomicFile.temporaryPrefix

  public let path: String
  public let manifest: RunManifest
  /// The data set's indices in the order of the run; record i is about `indices[i]`.
  public let indices: [Int]
  package let lock: RunLock
  private let table: AppendOnlyFile
  package let log: RecordLog

  /// What is finished so far, in image order.
  public var records: [ImageRecord] { log.records }
  /// Images still to do.
  public var remaining: Int { indices.count - records.count }

  /// Opens a run directory, new or to be continued.
  ///
  /// A folder that is absent or empty begins a new run. A run that is already there is continued if `resume` is set
  /// and its manifest differs from this one at most in fields that change no vote (threads, host's name, paths of files
  /// with the same digests) and in a larger number of images. A run of an earlier version that casts the same votes goes
  /// on by its own rule: ``manifest`` says which. The joint claim's N is fixed when a run begins and stays.
  ///
  /// Where both manifests list their pictures, the data set may have become another one: the finished pictures must be
  /// the same (`PictureIdentity.difference`), the others may have changed or gone.
  /// - Parameter indices: the data set's indices, as many as `manifest.images` says.
  /// - Throws: `UsageError` for a run that may not be continued, naming every difference with both values, for a folder
  ///   with other files, and for one that another process is writing; `InputError` for files that cannot be written or
  ///   do not hold what they should.
  public init(path: String, manifest: RunManifest, indices: [Int], resume: Bool) throws {
    precondition(indices.count == manifest.images.count, "the manifest counts the images")
    self.path = path
    self.indices = indices
    try Self.makeFolder(path)
    lock = try RunLock(directory: path)

    let manifestFile = path + "/run.json"
    var current = manifest
    if FileManager.default.fileExists(atPath: manifestFile) {
      guard resume else { throw Self.alreadyThere(path) }
      let recorded = try Self.readManifest(path)
      current = manifest.continuing(recorded)
      let differences = try recorded.differences(from: current)
      guard differences.isEmpty else {
        throw UsageError(
          text: "\(path) holds a run that this one does not continue: "
            + differences.map(\.description).joined(separator: "; "))
      }
      current.created = recorded.created
      current.merged = recorded.merged
      // A run of an earlier version binds to the whole data set, whose digest is the same.
      if recorded.pictures == nil { current.pictures = nil }
      // Of a data set that changes a shard sees its own pictures, to which it binds: what it began under makes it a part.
      if current.shard != nil, current.pictures != nil { current.data.digest = recorded.data.digest }
      // Before anything is written: a refused run stays as it is.
      if let listed = current.pictures?.listed { try Self.check(Self.records(path, of: recorded), listed, file: path) }
    } else {
      try Self.checkEmpty(path)
      // A shard's claim is the whole's: N must not depend on how the work was split.
      let whole = manifest.shard?.images ?? indices.count
      let claim = manifest.claim ?? whole
      guard claim >= whole else {
        throw UsageError("\(.claim) \(claim): the joint claim must be about all \(whole) images of the run at least")
      }
      current.claim = claim
    }
    self.manifest = current
    try AtomicFile.write(Self.text(current, file: manifestFile), to: manifestFile, followsLinks: false)

    log = try RecordLog(path: path + "/records.jsonl", classes: current.recordClasses)
    try Self.check(log, indices: indices, manifest: current)
    let tableFile = path + "/certified.tsv"
    let text = Array(CertifiedTable.text(log.records).utf8)
    try AtomicFile.write(text, to: tableFile, followsLinks: false)
    table = try AppendOnlyFile(path: tableFile, keeping: text.count)
    removeFinishedVotes()
  }

  /// Adds the next image's record to the records and to the table.
  ///
  /// - Throws: `InputError` naming the file where it cannot be written, or the folder where it was removed; the records
  ///   before it stay.
  public func append(_ record: ImageRecord) throws {
    precondition(remaining > 0 && record.index == indices[records.count], "records come in image order")
    try lock.requireHeld()
    try log.append(record)
    try table.append(Array(CertifiedTable.row(record).utf8))
  }

  /// Writes summary.json and returns what it says.
  @discardableResult
  public func writeSummary() throws -> RunSummary {
    try lock.requireHeld()
    let summary = RunSummary(records, of: manifest)
    try AtomicFile.write(StableJSON.text(summary), to: path + "/summary.json", followsLinks: false)
    return summary
  }

  /// The manifest of the run in a folder.
  public static func readManifest(_ path: String) throws -> RunManifest {
    let file = path + "/run.json"
    return try StableJSON.decode(
      RunManifest.self, from: try RunFile.readManifest(file), file: file)
  }

  /// The records of the run in a folder, for reports; a torn last line is left out.
  ///
  /// - Parameters: the classes that its run.json names, and what it says of images of others.
  public static func readRecords(
    _ path: String, classes: ClassSet? = nil, others: OtherClasses? = nil
  ) throws -> [ImageRecord] {
    try RecordLog.read(path + "/records.jsonl", classes: RecordClasses(classes, others: others)).records
  }

  /// - Throws: `InputError` for a list of pictures that no reader would take.
  static func text(_ manifest: RunManifest, file: String) throws -> [UInt8] {
    let text = try StableJSON.text(manifest)
    guard text.count <= RunFile.largestManifest else {
      throw InputError(
        "the list of pictures is too long for one run; take fewer, in several runs", file: file,
        expected: "at most \(RunFile.largestManifest) bytes", found: "\(text.count)")
    }
    return text
  }

  private static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      // The folder's own name must survive a crash too; a file system that cannot promise that is used all the same.
      Durability.synchronise(folder: path + "/..")
    } catch {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      throw InputError(
        exists && !isFolder.boolValue ? "is a file where a folder is wanted" : "cannot make the folder", file: path)
    }
  }

  private static func checkEmpty(_ path: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(hiddenPrefix) }
    guard let name = names.min() else { return }
    throw UsageError("\(path) holds files but no run (\(name)); name another folder with \(.directory)")
  }

  /// - Throws: `InputError` naming the first finished picture that is another one than listed.
  private static func check(_ records: [ImageRecord], _ pictures: [PictureIdentity], file path: String) throws {
    let pictures = Dictionary(pictures.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    for record in records {
      guard let difference = pictures[record.index]?.difference(from: record.identity) else { continue }
      throw difference.inFile(path + "/" + RunFile.recordsName)
    }
  }

  private static func check(_ log: RecordLog, indices: [Int], manifest: RunManifest) throws {
    let rule = try manifest.smoothing.rule.get()
    // What is not the run's own votes should not be gone on with; the last digits of bounds are for `verify`.
    let check = RecordVerification(
      rule: rule, sigma: manifest.sigma, tolerance: 1e-9, roundings: manifest.program.roundings,
      classes: manifest.recordClasses, counting: manifest.program.counting)
    for (position, record) in log.records.enumerated() {
      func require(_ expected: Int?, _ found: Int, _ field: String) throws {
        guard expected != found else { return }
        throw InputError(
          "the record does not belong to this run", file: log.path,
          location: "line \(position + 1), field \"\(field)\"", expected: expected.map(String.init) ?? "no record",
          found: String(found))
      }
      try require(position < indices.count ? indices[position] : nil, record.index, "index")
      if rule.behaviour.contradiction(inVotes: record.samples) != nil {
        try require(rule.samples, record.samples, "samples")
      }
      try require(rule.selectionSamples, record.selectionSamples, "selectionVotes")
      try require(log.records[0].votes.count, record.votes.count, "votes")
      if let failure = check.failures(ClaimedRecord(record), line: position + 1).first {
        throw InputError(
          "the record does not belong to this run: \(failure.problem)", file: log.path,
          location: "line \(position + 1)" + (failure.field.map { ", field \"\($0)\"" } ?? ""),
          expected: failure.expected, found: failure.found)
      }
    }
  }
}
