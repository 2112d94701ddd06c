/// A way in which a table differs from the layout of certified.tsv in Docs/Files.md; each is recognised, allowed for
/// and named.
public enum TableQuirk: Hashable, Sendable, CustomStringConvertible {
  /// The `correct` column counts up.
  case runningTotal
  /// The `correct` column is neither 0/1 nor a running total of label = predict.
  case contradictingCorrect(rows: Int, firstLine: Int)
  /// There is no `correct` column.
  case noCorrect
  /// Times are plain numbers.
  case secondsAsNumbers
  case noTime
  /// Some times could not be read.
  case unreadableTimes(rows: Int, firstLine: Int)
  /// Radii carry so few digits that they were rounded to nearest, possibly upwards.
  case roundedRadii(digits: Int)
  /// Abstentions with a radius, which counts as 0.
  case abstentionsWithRadius(rows: Int)
  /// A class whose radius is empty or "nan", which certifies nothing.
  case radiiNotANumber(rows: Int)
  /// Rows that are on an earlier line already, as when a run was continued one image too early.
  case repeatedRows(rows: Int, firstLine: Int)
  /// Columns under other names.
  case renamed([String])
  case extraColumns([String])
  /// No header; columns were taken in the usual order.
  case noHeader
  /// The header is repeated inside, as when a run was continued.
  case repeatedHeader(lines: Int)
  /// Columns separated by something else than tabs.
  case separator(String)
  /// Classes written as `3.0` or `tensor(3)`.
  case decoratedClasses
  /// The last line ends too early.
  case tornLine
  /// The last line has no newline, and its last field, which counts, may have been cut.
  case openLine(Int)
  /// A first column of row names, which the header leaves out.
  case rowNames
  /// Empty lines and lines beginning with #.
  case skippedLines(Int)

  public var description: String {
    switch self {
    case .runningTotal:
      "The “correct” column is a running total; correctness was recomputed from label and predict."
    case .contradictingCorrect(let rows, let line):
      "The “correct” column contradicts label and predict in \(rows) rows (first on line \(line)); it was recomputed."
    case .noCorrect: "There is no “correct” column; correctness was computed from label and predict."
    case .secondsAsNumbers: "Times are plain numbers; they were read as seconds."
    case .noTime: "There is no “time” column."
    case .unreadableTimes(let rows, let line):
      "\(rows) times are missing or could not be read (first on line \(line)); seconds per image are left out."
    case .roundedRadii(let digits):
      "Radii carry at most \(digits) significant digits and were probably rounded to nearest by the tool that wrote "
        + "them: they may exceed the bound they stand for, and counts at exactly a rounded radius are uncertain."
    case .abstentionsWithRadius(let rows):
      rows == 1
        ? "One abstention carries a radius; it counts as 0."
        : "\(rows) abstentions carry a radius; it counts as 0."
    case .radiiNotANumber(let rows):
      (rows == 1 ? "One row names a class" : "\(rows) rows name classes")
        + " with no radius, or one that is not a number: it certifies nothing and counts as an abstention."
    case .repeatedRows(let rows, let line):
      rows == 1
        ? "The row on line \(line) is on an earlier line too; it was counted once."
        : "\(rows) rows (first on line \(line)) are on earlier lines too; each was counted once."
    case .renamed(let names): "Columns under other names: \(names.joined(separator: ", "))."
    case .extraColumns(let names): "Columns not used: \(names.joined(separator: ", "))."
    case .noHeader: "There is no header; columns were taken as idx, label, predict, radius, correct, time."
    case .repeatedHeader(let lines): "The header is repeated on \(lines) more lines; they were skipped."
    case .separator(let name): "Columns are separated by \(name) instead of tabs."
    case .decoratedClasses: "Classes are written as decimals or as “tensor(…)”."
    case .tornLine: "The last line is cut off; it was left out."
    case .openLine(let line):
      "Line \(line), the last, has no newline at its end, so that its last field may be cut; it was left out."
    case .rowNames: "The rows have names, in a first column that the header leaves out; they were passed over."
    case .skippedLines(let count): "\(count) comment lines were skipped."
    }
  }
}
