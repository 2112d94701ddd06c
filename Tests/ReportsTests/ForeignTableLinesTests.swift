import Reports
import Testing

@Suite("Lines and fields of tables of other tools") struct ForeignTableLinesTests {
  private static let rows = [
    ["idx", "label", "predict", "radius", "correct", "time"], ["0", "3", "3", "0.50512", "1", "0:00:01.5"],
    ["1", "8", "8", "1.95312", "1", "0:00:02.5"], ["2", "8", "-1", "0.0", "0", "0:00:03.5"],
  ]

  private static func text(_ rows: [[String]], _ separator: String = "\t", ending: String = "\n") -> String {
    rows.map { $0.joined(separator: separator) + ending }.joined()
  }

  private static func expectPlain(_ text: String, _ location: SourceLocation = #_sourceLocation) throws {
    let table = try ForeignTableTests.table(text)
    #expect(table.images.map(\.index) == [0, 1, 2], sourceLocation: location)
    #expect(table.images.map { $0.outcome.radius ?? -1 } == [0.50512, 1.95312, -1], sourceLocation: location)
  }

  @Test(
    "every way to end lines, with and without a byte order mark", arguments: ["\n", "\r\n", "\r", "\r\r\n"],
    ["", "\u{FEFF}"])
  func endings(ending: String, mark: String) throws {
    let text = mark + Self.text(Self.rows, ending: ending)
    try Self.expectPlain(text)
    #expect(try ForeignTableTests.table(text).quirks == [])
  }

  @Test(
    "an empty first field, as the name of pandas' index column, keeps the others in their places",
    arguments: ["\t", ",", ";"])
  func emptyFirstField(separator: String) throws {
    let rows = Self.rows.enumerated().map { [$0 == 0 ? "" : "\($0 + 40)"] + $1 }
    let text = Self.text(rows, separator)
    try Self.expectPlain(text)
    #expect(try ForeignTableTests.table(text).quirks.contains(.extraColumns(["the first, which has no name"])))
  }

  @Test("an empty time is a time that is not known, in the first row too", arguments: ["\t", ","])
  func emptyLastField(separator: String) throws {
    var rows = Self.rows
    rows[1][5] = ""
    try Self.expectPlain(Self.text(rows, separator))
    let table = try ForeignTableTests.table(Self.text(rows, separator))
    #expect(table.images.map(\.seconds) == [nil, 2.5, 3.5])
    #expect(table.quirks.contains(.unreadableTimes(rows: 1, firstLine: 2)))
    try Self.expectPlain(Self.text(Array(rows.dropFirst()), separator))
  }

  @Test("an ending separator bounds no further column, wherever it stands")
  func endingSeparator() throws {
    try Self.expectPlain(Self.text(Self.rows, ending: "\t\n"))
    try Self.expectPlain(Self.text([Self.rows[0]]) + Self.text(Array(Self.rows.dropFirst()), ending: "\t\r\n"))
    try Self.expectPlain(Self.text([Self.rows[0]], ending: "\t\n") + Self.text(Array(Self.rows.dropFirst())))
    try Self.expectPlain(Self.text(Self.rows, ",") + ",,,,,\n\t\n  \n")
  }

  @Test("quoted headers and fields, and R's row names, which its header leaves out", arguments: [" ", "\t", ",", ";"])
  func quotes(separator: String) throws {
    let quoted = Self.rows.enumerated().map { row, fields in row == 0 ? fields.map { "\"\($0)\"" } : fields }
    try Self.expectPlain(Self.text(quoted, separator))
    let named = quoted.enumerated().map { row, fields in row == 0 ? fields : ["\"\(row)\""] + fields }
    try Self.expectPlain(Self.text(named, separator))
    #expect(try ForeignTableTests.table(Self.text(named, separator)).quirks.contains(.rowNames))
    let bare = Self.rows.enumerated().map { row, fields in row == 0 ? fields : ["\(row)"] + fields }
    try Self.expectPlain(Self.text(bare, separator))
    // write.csv gives the column of the names an empty name.
    let csv = quoted.enumerated().map { row, fields in [row == 0 ? "\"\"" : "\"\(row)\""] + fields }
    try Self.expectPlain(Self.text(csv, separator))
  }

  @Test("a separator within quotes is none")
  func quotedSeparator() throws {
    var rows = Self.rows
    rows[1][5] = "\"2 days, 1:00:00\""
    #expect(try ForeignTableTests.table(Self.text(rows, ",")).images[0].seconds == 176_400)
  }

  @Test(
    "a last line without its newline whose last field counts is left out and named",
    arguments: ["0.000030", "3.06e-05", "3.06e-0", "3.06e-", "3.06e", "3.06", "3.", "3"])
  func openLine(radius: String) throws {
    let short = [["idx", "label", "predict", "radius"], ["0", "3", "3", "0.50512"]]
    let text = Self.text(short) + "1\t8\t8\t" + radius
    let table = try ForeignTableTests.table(text)
    #expect(table.images.count == 1 && table.quirks.contains(.openLine(3)))
    #expect(TableQuirk.openLine(3).description.contains("Line 3"))
    #expect(try ForeignTableTests.table(Self.text(Array(short.dropFirst())) + "1\t8\t8\t" + radius).images.count == 1)
  }

  @Test("a label cut at the end is left out too; a cut time costs nothing but itself")
  func openLabel() throws {
    let table = try ForeignTableTests.table("idx,radius,predict,label\n0,0.50512,3,3\n1,0.25001,12,1")
    #expect(table.images.map(\.index) == [0])
    let whole = Self.text(Self.rows)
    try Self.expectPlain(String(whole.dropLast(3)))
  }
}
