import Basics
import Foundation

/// A run directory as `merge` and `status` find it, read without its lock.
package struct RunPart {
  package let path: String
  package let manifest: RunManifest
  /// Finished records, a beginning of ``indices``.
  package let records: [ImageRecord]
  /// The data set's indices in the order of the run.
  package let indices: [Int]
  /// Who is writing it; nil where nobody is.
  package let holder: String?
  /// Lines of records.jsonl as they stand there, newlines included.
  private let bytes: [UInt8]
  private let ends: [Int]
  private let manifestDigest: String

  /// - Throws: `InputError` naming the file that does not hold what it should.
  package init(path: String) throws {
    self.path = path
    holder = RunLock.holder(directory: path)
    let file = path + "/" + RunFile.manifestName
    let text = try RunFile.read(file, limit: RunFile.largestManifest)
    manifestDigest = text.withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) }
    manifest = try StableJSON.decode(RunManifest.self, from: text, file: file)
    if let failure = manifest.contradictions().first { throw failure.error(in: path) }
    indices = try manifest.indices()

    let recordsFile = path + "/" + RunFile.recordsName
    (records, bytes, ends) = try RecordLog.readLines(recordsFile, classes: manifest.recordClasses)
    try checkRecords(file: recordsFile)
  }

  package var isComplete: Bool { records.count == indices.count }

  /// The record's line, its newline included.
  package func line(_ position: Int) -> ArraySlice<UInt8> {
    bytes[(position == 0 ? 0 : ends[position - 1])..<ends[position]]
  }

  package var description: MergedParts.Part {
    let taken = bytes[..<(ends.last ?? 0)]
    return MergedParts.Part(
      path: path, shard: manifest.shard?.name, host: manifest.host.name, processor: manifest.host.processor,
      version: manifest.program.version, created: manifest.created, manifest: manifestDigest,
      records: taken.withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) }, images: manifest.images,
      finished: records.count)
  }

  /// What merging would launder: images and pictures that are not the run's. Everything else `verify` finds in the whole.
  private func checkRecords(file: String) throws {
    let listed = manifest.pictures?.listed
    for (position, record) in records.enumerated() {
      guard position < indices.count, record.index == indices[position] else {
        throw InputError(
          "the record does not belong to this run", file: file, location: "line \(position + 1), field \"index\"",
          expected: position < indices.count ? "\(indices[position])" : "no record", found: "\(record.index)")
      }
      guard let expected = listed?[position], let difference = record.identity.difference(from: expected) else {
        continue
      }
      throw difference.inFile(file)
    }
    guard let pictures = manifest.pictures, listed == nil, isComplete else { return }
    let found = RunPictures(records.map(\.identity)).digest
    guard found != pictures.digest else { return }
    throw InputError(
      "the records are not about the pictures that run.json names", file: path + "/" + RunFile.manifestName,
      location: "field \"pictures.digest\"", expected: found, found: pictures.digest)
  }
}

extension VerificationFailure {
  /// As what stops a reader.
  fileprivate func error(in folder: String) -> InputError {
    InputError(
      problem, file: folder + "/" + file, location: field.map { "field \"\($0)\"" }, expected: expected, found: found)
  }
}
