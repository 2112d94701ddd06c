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
    var status = stat()
    guard stat(path, &status) == 0 else { return ([], 0) }
    let data = try RunFile.read(path, limit: RunFile.largestRecords)
    let decoder = JSONDecoder()
    decoder.userInfo[.recordClasses] = classes
    var records: [ImageRecord] = []
    var start = 0
    // Line by line: a list of lines could take many times the memory of the file.
    while let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let place = "line \(records.count + 1)"
      guard end - start <= RunFile.longestRecord else {
        throw InputError(
          "too long for a record", file: path, location: place, expected: "at most \(RunFile.longestRecord) bytes",
          found: "\(end - start)")
      }
      let line = Data(data[start..<end])
      do {
        records.append(try decoder.decode(ImageRecord.self, from: line))
      } catch let error as DecodingError {
        let isTorn = end + 1 == data.count && (try? JSONSerialization.jsonObject(with: line)) == nil
        if isTorn { break }
        throw InputError(decoding: error, file: path, place: place)
      }
      start = end + 1
    }
    return (records, start)
  }
}
