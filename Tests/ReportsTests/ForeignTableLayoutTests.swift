import Basics
import Foundation
import Reports
import Testing

/// Tables as R, pandas and spreadsheets write them: columns are the right ones, or the table is refused.
@Suite("Layouts of tables of other tools") struct ForeignTableLayoutTests {
  struct Layout: CustomTestStringConvertible {
    var testDescription: String
    var text: String

    init(_ name: String, _ text: String) { (testDescription, self.text) = (name, text) }
  }

  /// Image 1 of class 3 is certified at 0.505125; image 2 of class 8 at 1; image 4 of class 3 is an abstention.
  static let read = [
    Layout(
      "R: write.table",
      """
      "idx" "label" "predict" "radius" "correct" "time"
      "1" 1 3 3 0.505125 1 "0:00:01"
      "2" 2 8 8 1 1 "0:00:02"
      "3" 4 3 -1 0 0 "0:00:03"
      """),
    Layout(
      "R: write.table of rows chosen before, quote = FALSE",
      """
      idx label predict radius correct time
      5 1 3 3 0.505125 1 0:00:01
      7 2 8 8 1 1 0:00:02
      9 4 3 -1 0 0 0:00:03
      """),
    Layout(
      "R: write.table with names of rows",
      """
      idx\tlabel\tpredict\tradius\tcorrect
      img-a\t1\t3\t3\t0.505125\tTRUE
      img-b\t2\t8\t8\t1\tTRUE
      img-c\t4\t3\t-1\t0\tFALSE
      """),
    Layout(
      "R: write.csv",
      """
      "","idx","label","predict","radius","correct"
      "12",1,3,3,0.505125,1
      "13",2,8,8,1,1
      "14",4,3,-1,NA,0
      """),
    Layout(
      "pandas: to_csv",
      ",idx,label,predict,radius,correct,time\n0,1,3,3,0.505125,True,0:00:01\n1,2,8,8,1.0,True,0:00:02\n2,4,3,-1,,False,\n"
    ),
    Layout(
      "pandas: to_csv(index=False), an abstention without a radius",
      "idx,label,predict,radius\n1,3,3,0.505125\n2,8,8,1.0\n4,3,-1,\n"),
    Layout(
      "pandas: to_csv of columns that were integers before there were gaps",
      "idx,label,predict,radius,correct\n1.0,3.0,3.0,0.505125,1.0\n2.0,8.0,8.0,1.0,1.0\n4.0,3.0,-1.0,NaN,0.0\n"),
    Layout(
      "pandas: to_csv(quoting=QUOTE_ALL), longer than a day",
      "\"idx\",\"label\",\"predict\",\"radius\",\"correct\",\"time\"\n\"1\",\"3\",\"3\",\"0.505125\",\"1\",\"1 day, 0:00:01\"\n"
        + "\"2\",\"8\",\"8\",\"1.0\",\"1\",\"0:00:02\"\n\"4\",\"3\",\"-1\",\"0.0\",\"0\",\"0:00:02\"\n"),
    Layout(
      "pandas: to_string",
      """
         idx  label  predict    radius  correct
      0    1      3        3  0.505125        1
      1    2      8        8  1.000000        1
      2    4      3       -1       NaN        0
      """),
    Layout(
      "pandas: to_csv(header=False, index=False), an abstention first",
      "4,3,-1,nan,0\n1,3,3,0.505125,1\n2,8,8,1.0,1\n"),
    Layout(
      "a spreadsheet's semicolons, with its own first line",
      "sep=;\r\nidx;label;predict;radius;correct\r\n1;3;3;0.505125;1\r\n2;8;8;1;1\r\n4;3;-1;0;0\r\n"),
    Layout(
      "names in front and no time in the first row",
      "idx,label,predict,radius,correct,time\na,1,3,3,0.505125,1,\nb,2,8,8,1,1,0:00:01\nc,4,3,-1,0,0,\n"),
    Layout(
      "a separator at the end of every row",
      "idx,label,predict,radius,correct,time\n1,3,3,0.505125,1,0:00:01,\n2,8,8,1,1,0:00:01,\n4,3,-1,0,0,0:00:01,\n"),
  ]

  @Test("columns are the right ones", arguments: read)
  func columns(layout: Layout) throws {
    let table = try ForeignTableTests.table(layout.text + (layout.text.hasSuffix("\n") ? "" : "\n"))
    let images = table.images.sorted { $0.index < $1.index }
    #expect(images.map(\.index) == [1, 2, 4] && images.map(\.label) == [3, 8, 3])
    #expect(images.map { $0.outcome.label ?? -1 } == [3, 8, -1])
    #expect(images.map { $0.outcome.radius ?? 0 } == [0.505125, 1, 0])
  }

  static let refused = [
    Layout(
      "R: write.csv2, a spreadsheet's decimal commas",
      "\"idx\";\"label\";\"predict\";\"radius\"\n1;3;3;0,505125\n"),
    Layout("decimal commas without a header", "1;3;3;0,505125;1\n2;8;8;1,5;1\n"),
    Layout(
      "a time of more than a day without quotes",
      "idx,label,predict,radius,correct,time\n1,3,3,0.0,1,1 day, 0:00:05\n"),
    Layout("more columns than the header names", "idx,label,predict,radius,correct,time\n1,3,3,0.5,1,0:00:05,good\n"),
    Layout(
      "a row number or a separator at the end, nobody can say which",
      "idx,label,predict,radius,time\n1,2,2,3,4,\n2,3,3,1,5,\n"),
    Layout("pandas: to_csv(header=False)", "0,1,3,3,0.505125,1\n1,2,8,8,1.0,1\n"),
    Layout("pandas: to_csv(header=False) of four columns", "0,1,3,3,0.505125\n"),
    Layout("two columns of one name", "idx,label,predict,radius,radius\n1,3,3,0.5,0.7\n"),
    Layout("a class without a number", "idx,label,predict,radius\n1,3,,0.5\n"),
  ]

  @Test("what nobody can tell is refused, not guessed", arguments: refused)
  func refusals(layout: Layout) {
    #expect(throws: InputError.self) { try ForeignTableTests.table(layout.text) }
  }

  @Test("a decimal comma is called that")
  func decimalComma() {
    let error = #expect(throws: InputError.self) { try ForeignTableTests.table(Self.refused[0].text) }
    #expect(error?.problem == "a decimal comma" && error?.location?.contains("line 2") == true)
  }

  @Test(
    "a class whose radius is missing certifies nothing and is named",
    arguments: ["", "nan", "NaN", "NA", "None", "#N/A"])
  func missingRadius(text: String) throws {
    let table = try ForeignTableTests.table(
      "idx\tlabel\tpredict\tradius\tcorrect\n1\t3\t3\t\(text)\t1\n2\t3\t3\t0.25\t1\n")
    #expect(table.images.map { $0.outcome.radius } == [nil, 0.25] && table.images.map(\.correct) == [false, true])
    #expect(table.quirks.contains(.radiiNotANumber(rows: 1)))
  }

  @Test("a table in UTF-16 is read, without its mark too", arguments: ["", "\u{FEFF}"])
  func utf16(mark: String) throws {
    let text = mark + Self.read[5].text.replacing("\n", with: "\r\n")
    let table = try ForeignTable(text: try #require(text.data(using: .utf16LittleEndian)))
    #expect(table.images.count == 3)
  }
}
