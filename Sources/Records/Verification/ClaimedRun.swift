import Basics
import Foundation

/// The files of a run directory as they lie there, nothing of them believed.
package struct ClaimedRun {
  /// A line of records.jsonl.
  package struct Line {
    /// Counted from 1.
    package var number: Int
    package var bytes: [UInt8]
    /// nil where the line is no record.
    package var claim: ClaimedRecord?
    /// The record as `certify --resume` and `report` read it; nil where they refuse it.
    package var record: ImageRecord?
  }

  package let path: String
  package let manifest: RunManifest
  package var lines: [Line] = []
  /// nil where the file cannot be read.
  package var table: [String]?
  package var summary: JSONValue?
  /// What could not be read.
  package var failures: [VerificationFailure] = []

  /// - Throws: `InputError` where the folder holds no run.json that can be read.
  package init(path: String) throws {
    self.path = path
    manifest = try RunDirectory.readManifest(path)
    if let bytes = read(RunFile.recordsName, limit: RunFile.largestRecords) { readLines(bytes) }
    if let bytes = read(RunFile.tableName, limit: RunFile.largestTable) { readTable(bytes) }
    if let bytes = read(RunFile.summaryName, limit: RunFile.largestList, growth: BoundedFile.jsonGrowth) {
      do {
        summary = try StableJSON.decode(JSONValue.self, from: bytes, file: RunFile.summaryName)
      } catch {
        failures.append(VerificationFailure(error, file: RunFile.summaryName))
      }
    }
  }

  private mutating func read(_ name: String, limit: Int, growth: Int = 4) -> [UInt8]? {
    do {
      return try RunFile.read(path + "/" + name, limit: limit, growth: growth)
    } catch {
      var failure = VerificationFailure(error, file: name)
      failure.file = name
      failures.append(failure)
      return nil
    }
  }

  /// As many rows as there are records are worth keeping apart, and a few more to be named.
  private mutating func readTable(_ bytes: [UInt8]) {
    let lines = TextLines(anyEncoding: bytes)
    var rows = 0
    var isEnded = true
    for line in lines { (rows, isEnded) = (rows + 1, line.isEnded) }
    guard rows <= 2 * self.lines.count + 64 else {
      failures.append(
        VerificationFailure(
          "more rows than records", file: RunFile.tableName, expected: "\(self.lines.count + 1) lines", found: "\(rows)"
        ))
      return
    }
    table = lines.map { String(decoding: $0.bytes, as: UTF8.self) } + (isEnded ? [""] : [])
  }

  /// Beyond these a file is rubbish, and naming each line of it helps nobody.
  package static let mostFailures = 10_000

  private mutating func readLines(_ bytes: [UInt8]) {
    if let error = RunFile.encodingError(bytes) {
      failures.append(VerificationFailure(error, file: RunFile.recordsName))
      return
    }
    let decoder = JSONDecoder()
    decoder.userInfo[.recordClasses] = manifest.recordClasses
    for found in TextLines(bytes) {
      guard found.isEnded else {
        failures.append(
          VerificationFailure(
            "a torn line, as a killed process leaves it", file: RunFile.recordsName, line: found.number,
            expected: "a newline at its end"))
        return
      }
      var line = Line(number: found.number, bytes: Array(found.bytes))
      do {
        guard line.bytes.count <= RunFile.longestRecord else {
          throw InputError("too long for a record", location: "line \(line.number)")
        }
        let data = Data(line.bytes)
        line.claim = try decoder.decode(ClaimedRecord.self, from: data)
        line.record = try? decoder.decode(ImageRecord.self, from: data)
      } catch let error as DecodingError {
        let located = InputError(decoding: error, file: RunFile.recordsName)
        failures.append(VerificationFailure(located, file: RunFile.recordsName, line: line.number))
      } catch {
        failures.append(VerificationFailure("not a record", file: RunFile.recordsName, line: line.number))
      }
      lines.append(line)
      guard failures.count <= Self.mostFailures else { return }
    }
  }
}
