import Foundation
import Runs
import Testing

@Suite struct CertifiedTableTests {
  /// The table as the field's scripts read it: `pandas.read_csv(path, delimiter="\t")`, columns by name.
  static func read(_ path: String) throws -> [[String: String]] {
    let lines = try TemporaryFolder.text(path).split(separator: "\n")
    let names = lines[0].split(separator: "\t").map(String.init)
    return try lines.dropFirst().map { line in
      let values = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      try #require(values.count == names.count)
      return Dictionary(uniqueKeysWithValues: zip(names, values))
    }
  }

  @Test("The table reads back as the records, abstentions as −1 with radius 0")
  func readBack() async throws {
    try await TemporaryFolder.with { folder in
      let run = ToyRun()
      let directory = try run.directory(folder + "/run")
      let summary = try await run.run(into: directory)
      let path = folder + "/run/certified.tsv"
      #expect(try TemporaryFolder.text(path).hasPrefix("idx\tlabel\tpredict\tradius\tcorrect\ttime\n"))
      let rows = try Self.read(path)
      #expect(rows.count == 8)
      for (row, record) in zip(rows, directory.records) {
        #expect(row["idx"].flatMap { Int($0) } == record.index)
        #expect(row["label"].flatMap { Int($0) } == record.label)
        #expect(row["predict"].flatMap { Int($0) } == record.outcome.label ?? -1)
        #expect(row["correct"].flatMap { Int($0) } == (record.correct ? 1 : 0))
        let radius = try #require(row["radius"].flatMap { Double($0) })
        let exact = record.outcome.radius ?? 0
        #expect(radius <= exact && exact - radius < 1e-6)
        #expect(row["time"]?.wholeMatch(of: /\d+:\d\d:\d\d\.\d{6}/) != nil)
      }
      // The accuracy that locuslab's analyze.py computes: (correct & (radius >= r)).mean().
      for point in summary.certified where point.radius == 0 {
        let certified = rows.count { $0["correct"] == "1" && (Double($0["radius"] ?? "") ?? -1) >= point.radius }
        #expect(Double(certified) / Double(rows.count) == point.accuracy)
      }
    }
  }
}
