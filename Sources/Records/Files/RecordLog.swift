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
  /// - Parameter classes: what votes are for.
  /// - Throws: `InputError` naming the file and the line for anything else that is not a record.
  init(path: String, classes: RecordClasses) throws {
    self.path = path
    let (records, length) = try Self.read(path, classes: classes)
    self.records = records
    file = try AppendOnlyFile(path: path, keeping: length)
  }

  func append(_ record: ImageRecord) throws {
    try file.append(StableJSON.line(record) + [UInt8(ascii: "\n")])
    records.append(record)
  }

  /// The records and how many bytes they take; none where there is no file.
  static func read(_ path: String, classes: RecordClasses) throws -> (records: [ImageRecord], length: Int) {
    let (records, _, ends) = try readLines(path, classes: classes)
    return (records, ends.last ?? 0)
  }

  /// The records, the file's bytes, and where each record's line ends; none where there is no file.
  static func readLines(
    _ path: String, classes: RecordClasses
  ) throws -> (records: [ImageRecord], bytes: [UInt8], ends: [Int]) {
    var status = stat()
    guard stat(path, &status) == 0 else { return ([], [], []) }
    let data = try RunFile.read(path, limit: RunFile.largestRecords)
    // Nothing of it would be a record, and what is none at the end is dropped.
    if let error = RunFile.encodingError(data) { throw error.inFile(path) }
    let decoder = JSONDecoder()
    decoder.userInfo[.recordClasses] = classes
    var records: [ImageRecord] = []
    var ends: [Int] = []
    for line in TextLines(data) {
      // Torn by a process that was killed.
      guard line.isEnded else { break }
      let place = "line \(line.number)"
      guard line.bytes.count <= RunFile.longestRecord else {
        throw InputError(
          "too long for a record", file: path, location: place, expected: "at most \(RunFile.longestRecord) bytes",
          found: "\(line.bytes.count)")
      }
      let content = Data(line.bytes)
      do {
        records.append(try decoder.decode(ImageRecord.self, from: content))
      } catch let error as DecodingError {
        let isTorn = line.end == data.count && (try? JSONSerialization.jsonObject(with: content)) == nil
        if isTorn { break }
        throw InputError(decoding: error, file: path, place: place)
      }
      ends.append(line.end)
    }
    return (records, data, ends)
  }
}
