/// Whether certified.tsv says what the records say, to the letter.
package enum TableVerification {
  private static let columns = CertifiedTable.header.dropLast().split(separator: "\t").map(String.init)

  /// - Parameters:
  ///   - table: the file's lines, an empty one after the last newline.
  ///   - records: the records in the order of their lines; nil for a line that is none.
  package static func failures(_ table: [String], records: [ImageRecord?]) -> [VerificationFailure] {
    let file = RunFile.tableName
    var rows = table[...]
    var failures: [VerificationFailure] = []
    if let rest = rows.popLast(), !rest.isEmpty {
      failures.append(
        VerificationFailure("a torn line", file: file, line: table.count, expected: "a newline at its end"))
    }
    if rows.first.map({ $0 + "\n" }) != CertifiedTable.header {
      failures.append(
        VerificationFailure(
          "not the table's header", file: file, line: 1, expected: columns.joined(separator: " "),
          found: rows.first?.brief))
    }
    rows = rows.dropFirst()
    for (position, (row, record)) in zip(rows, records).enumerated() {
      guard let record else { continue }
      failures += difference(row, String(CertifiedTable.row(record).dropLast()), line: position + 2)
    }
    if rows.count != records.count {
      failures.append(
        VerificationFailure(
          "not a row for each record", file: file, expected: "\(records.count) rows", found: "\(rows.count)"))
    }
    return failures
  }

  private static func difference(_ row: String, _ expected: String, line: Int) -> [VerificationFailure] {
    guard row != expected else { return [] }
    let found = row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    let cells = expected.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard found.count == cells.count else {
      return [
        VerificationFailure(
          "not the record's row", file: RunFile.tableName, line: line, expected: "\(cells.count) columns",
          found: "\(found.count)")
      ]
    }
    return zip(columns, zip(cells, found)).compactMap { column, cell in
      guard cell.0 != cell.1 else { return nil }
      return VerificationFailure(
        "disagrees with the record", file: RunFile.tableName, line: line, field: column, expected: cell.0,
        found: cell.1.brief)
    }
  }
}

extension String {
  /// At most 80 characters of it, for a message.
  var brief: String { count <= 80 ? self : prefix(77) + "..." }
}
