import Records
import Testing

@Suite struct TableVerificationTests {
  /// What a changed table fails in.
  private func failures(_ change: (inout [String]) -> Void = { _ in }) async throws -> [VerificationFailure] {
    let records = try await HonestRun().records()
    var lines = CertifiedTable.text(records).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    change(&lines)
    return TableVerification.failures(lines, records: records)
  }

  @Test func `an honest table says what the records say`() async throws {
    #expect(try await failures() == [])
  }

  @Test func `a last line without a newline is torn`() async throws {
    let found = try await failures { $0.removeLast() }
    #expect(places(found).first == "certified.tsv:4: a torn line")
  }

  @Test func `another header is named`() async throws {
    let found = try await failures { $0[0] += "s" }
    #expect(places(found) == ["certified.tsv:1: not the table's header"])
    #expect(found[0].expected == "idx label predict radius correct time" && found[0].found?.hasSuffix("times") == true)
  }

  @Test(arguments: ["idx", "label", "predict", "radius", "correct", "time"].enumerated().map { ($0, $1) })
  func `a cell that is not the record's is named by its column`(column: Int, name: String) async throws {
    let found = try await failures { lines in
      var cells = lines[2].split(separator: "\t").map(String.init)
      cells[column] = "9"
      lines[2] = cells.joined(separator: "\t")
    }
    #expect(places(found) == ["certified.tsv:3 \(name): disagrees with the record"] && found[0].found == "9")
  }

  @Test func `a row of other columns is named`() async throws {
    let found = try await failures { $0[3] += "\t" }
    #expect(places(found) == ["certified.tsv:4: not the record's row"])
    #expect(found[0].expected == "6 columns" && found[0].found == "7")
  }

  @Test func `rows too few or too many are counted`() async throws {
    let few = try await failures { $0.remove(at: 3) }
    #expect(places(few) == ["certified.tsv: not a row for each record"])
    #expect(few[0].expected == "3 rows" && few[0].found == "2")
    let many = try await failures { $0.insert($0[3], at: 4) }
    #expect(places(many) == ["certified.tsv: not a row for each record"] && many[0].found == "4")
  }

  @Test func `a line that is no record has no row to hold against`() async throws {
    let records = try await HonestRun().records()
    var lines = CertifiedTable.text(records).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines[2] = "anything"
    #expect(TableVerification.failures(lines, records: [records[0], nil, records[2]]) == [])
  }
}
