import Foundation

/// What a run left in its folder, with and without what depends on the clock.
struct RunFiles {
  struct Record: Decodable {
    var index: Int
    var label: Int
    var predicted: Int
    var abstained: Bool
    var radius: Double
    var votes: [Int]
    var selectionVotes: [Int]
    var invalidVotes: Int
    var invalidSelectionVotes: Int
    var samples: Int
    var evaluations: Int
    var correct: Bool
  }

  var folder: URL

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
  }

  func lines(_ name: String) throws -> [String] {
    try text(name).split(separator: "\n").map(String.init)
  }

  func records() throws -> [Record] {
    try lines("records.jsonl").map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
  }

  /// Complete lines of records.jsonl, while the run may still be going on; 0 where there is no file yet.
  var finishedImages: Int {
    guard let data = FileManager.default.contents(atPath: folder.file("records.jsonl")) else { return 0 }
    return data.count { $0 == UInt8(ascii: "\n") }
  }

  /// The lines of all four files without times.
  func timeless() throws -> [String] {
    let rest = try (lines("summary.json") + lines("run.json")).filter { line in
      !["\"seconds\"", "\"evaluationsPerSecond\"", "\"created\""].contains { line.contains($0) }
    }
    return try timelessResults() + rest
  }

  /// Records and table alone: run.json also says how the program was called.
  func timelessResults() throws -> [String] {
    let records = try lines("records.jsonl").map {
      $0.replacingOccurrences(of: #""seconds":[^,}]+"#, with: "", options: .regularExpression)
    }
    let rows = try lines("certified.tsv").map { $0.split(separator: "\t").dropLast().joined(separator: "\t") }
    return records + rows
  }
}
