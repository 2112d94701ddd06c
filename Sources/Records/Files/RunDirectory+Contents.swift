import Basics
import Foundation

extension RunDirectory {
  /// What a run directory holds before it is opened again: what its pictures are chosen by. It is read without the lock.
  public struct Contents: Sendable {
    public var manifest: RunManifest
    /// What is finished, in the order of the run.
    public var records: [ImageRecord]
  }

  /// The run in a folder, to be continued; nil where none has begun.
  ///
  /// - Throws: `UsageError` where there is one and `resume` is not set; `InputError` for files that do not hold what they
  ///   should.
  public static func contents(_ path: String, resume: Bool) throws -> Contents? {
    guard FileManager.default.fileExists(atPath: path + "/" + RunFile.manifestName) else { return nil }
    guard resume else { throw alreadyThere(path) }
    let manifest = try readManifest(path)
    return Contents(manifest: manifest, records: try records(path, of: manifest))
  }

  static func records(_ path: String, of manifest: RunManifest) throws -> [ImageRecord] {
    try RecordLog.read(path + "/" + RunFile.recordsName, classes: manifest.recordClasses).records
  }

  static func alreadyThere(_ path: String) -> UsageError {
    UsageError("\(path) already holds a run; continue it with \(.resume) or name another folder with \(.directory)")
  }
}
