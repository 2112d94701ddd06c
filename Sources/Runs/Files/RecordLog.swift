import Basics
import Foundation

/// records.jsonl: one JSON record a line, in image order, each on the disk before the next one follows.
package final class RecordLog {
  let path: String
  private let file: AppendOnlyFile
  private(set) var records: [ImageRecord]

  /// The descriptor written to; tests put a full disk in its place.
  package var descriptor: Int32 { file.descriptor }

  /// Opens the log and reads the records that are there. A torn last line — no newline at its end, or no JSON in it —
  /// is what a killed process leaves: it is dropped, and its image is done again.
  ///
  /// - Throws: `InputError` naming the file and the line for anything else that is not a record.
  init(path: String) throws {
    self.path = path
    let (records, length) = try Self.read(path)
    self.records = records
    file = try AppendOnlyFile(path: path, keeping: length)
  }

  func append(_ record: ImageRecord) throws {
    try file.append(StableJSON.line(record) + [UInt8(ascii: "\n")])
    records.append(record)
  }

  /// The records and how many bytes they take; none where there is no file.
  static func read(_ path: String) throws -> (records: [ImageRecord], length: Int) {
    var status = stat()
    guard stat(path, &status) == 0 else { return ([], 0) }
    let data = try RunFile.read(path, limit: RunFile.largestRecords)
    var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var torn = lines.popLast()?.isEmpty == false
    if !torn, let last = lines.last, (try? JSONSerialization.jsonObject(with: Data(last))) == nil {
      torn = true
      lines.removeLast()
    }
    let decoder = JSONDecoder()
    let records = try lines.enumerated().map { number, line in
      do {
        return try decoder.decode(ImageRecord.self, from: Data(line))
      } catch let error as DecodingError {
        throw InputError(decoding: error, file: path, place: "line \(number + 1)")
      }
    }
    return (records, lines.reduce(0) { $0 + $1.count + 1 })
  }
}
