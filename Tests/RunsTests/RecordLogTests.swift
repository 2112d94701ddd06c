import Records
import Basics
import Foundation
import Runs
import Testing

@Suite struct RecordLogTests {
  /// A finished run of eight images whose log `change` edits; the records that remain when it is continued.
  static func records(after change: (inout [String]) -> Void) async throws -> [ImageRecord] {
    try await TemporaryFolder.with { folder in
      let run = ToyRun()
      do {
        let directory = try run.directory(folder + "/run")
        _ = try await run.run(into: directory)
      }
      let file = folder + "/run/records.jsonl"
      var lines = try TemporaryFolder.text(file).components(separatedBy: "\n")
      try #require(lines.count == 9)
      change(&lines)
      try TemporaryFolder.write(lines.joined(separator: "\n"), to: file)
      return try run.directory(folder + "/run", resume: true).records
    }
  }

  @Test("A torn last line is dropped")
  func tornLine() async throws {
    // Without a newline, even if what is there reads as a record; with one, if it does not.
    #expect(try await Self.records { $0.removeLast() }.count == 7)
    #expect(try await Self.records { $0 = Array($0[..<7]) + [String($0[7].prefix(40))] }.count == 7)
    #expect(try await Self.records { $0[7] = String($0[7].prefix(40)) }.count == 7)
    #expect(try await Self.records { $0[7] = "\u{0}\u{0}\u{0}" }.count == 7)
    #expect(try await Self.records { $0[7] = "" }.count == 7)
    #expect(try await Self.records { $0 = [""] }.isEmpty)
    #expect(try await Self.records { _ in }.count == 8)
  }

  @Test(
    "A damaged line elsewhere, or a record that contradicts itself or the run, is refused with file and line",
    arguments: [
      (3, "\"index\":7", "\"index\":", "line 3"),
      (3, "\"index\":7", "\"index\":8", "line 3, field \"index\""),
      (8, "\"index\":17", "\"index\":18", "line 8, field \"index\""),
      (2, "\"samples\":60", "\"samples\":61", "line 2, field \"samples\""),
      (2, "\"evaluations\":350", "\"evaluations\":-1", "line 2, field \"evaluations\""),
      (2, "\"invalidVotes\":0", "\"invalidVotes\":1", "line 2, field \"samples\""),
      (1, "\"pLower\":", "\"pLower\":1", "line 1, field \"pLower\""),
      (5, "\"label\"", "\"lable\"", "line 5, field \"label\""),
      (5, "\"correct\"", "\"incorrect\"", "line 5, field \"correct\""),
    ])
  func damagedLine(line: Int, text: String, replacement: String, place: String) async throws {
    let complaint = await message(of: InputError.self) {
      _ = try await Self.records { lines in
        let changed = lines[line - 1].replacingOccurrences(of: text, with: replacement)
        if changed == lines[line - 1] { Issue.record("the line has no \(text)") }
        lines[line - 1] = changed
      }
    }
    #expect(complaint?.contains("records.jsonl, \(place)") == true, "\(complaint ?? "accepted")")
  }

  @Test("A record more than the run has is refused")
  func surplus() async throws {
    let complaint = await message(of: InputError.self) {
      _ = try await Self.records { $0.insert($0[7], at: 8) }
    }
    #expect(complaint?.contains("line 9") == true)
  }

  @Test("A record has the fields of the specification, and reads back as it was")
  func format() async throws {
    let record = try #require(try await ToyRun().records().first { !$0.abstained })
    let line = try StableJSON.line(record)
    #expect(line == (try StableJSON.line(record)))
    #expect(try JSONDecoder().decode(ImageRecord.self, from: Data(line)) == record)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    #expect(
      Set(object.keys).isSuperset(of: [
        "index", "label", "predicted", "abstained", "radius", "pLower", "votes", "selectionVotes", "samples",
        "evaluations", "seconds", "correct",
      ]))
    #expect(object["votes"] as? [Int] == record.votes)
    #expect(object["predicted"] as? Int == record.outcome.label)
    // JSONSerialization may miss a double by a unit in its last place; the C library does not.
    let radius = String(decoding: line, as: UTF8.self).firstMatch(of: /"radius":([^,]*),/)?.1
    #expect(radius.map { strtod(String($0), nil) } == record.outcome.radius)
  }

  @Test("An abstention is class −1 with radius 0")
  func abstention() async throws {
    let record = try #require(try await ToyRun().records().first { $0.abstained })
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(StableJSON.line(record))) as? [String: Any])
    #expect(object["predicted"] as? Int == -1)
    #expect(object["radius"] as? Double == 0)
    #expect(object["abstained"] as? Bool == true)
    #expect(object["correct"] as? Bool == false)
    #expect((object["pLower"] as? Double ?? 1) <= 0.5)
  }

  @Test("Doubles read back exactly", arguments: [0.1 + 0.2, 1.0 / 3, .leastNonzeroMagnitude, 0.7996443786845846, 1e17])
  func doubles(value: Double) throws {
    let text = try StableJSON.line([value])
    #expect(try JSONDecoder().decode([Double].self, from: Data(text)) == [value])
    #expect(Double(String(decoding: text, as: UTF8.self).dropFirst().dropLast()) == value)
  }
}
