import Basics
import Certification
import Foundation

/// Takes a foreign table line by line and remembers its peculiarities.
struct ForeignTableParser {
  /// What a column means, with the names it goes by.
  enum Column: Int, CaseIterable {
    case index, label, predict, radius, correct, time

    /// The first is the usual one.
    var names: [String] {
      switch self {
      case .index: ["idx", "index", "id", "i", "image", "img_idx"]
      case .label: ["label", "true", "target", "y", "gt", "true_label", "labels"]
      case .predict: ["predict", "prediction", "pred", "predicted", "pred_label"]
      case .radius: ["radius", "rad", "r", "certified_radius", "cert_radius", "radii"]
      case .correct: ["correct", "is_correct"]
      case .time: ["time", "seconds", "runtime", "elapsed", "time_elapsed"]
      }
    }
  }

  private struct Row {
    var image: CertifiedImage
    var line: Int
    /// What the file's `correct` column says.
    var correct: Double?
    /// Whether label = predict, which is what that column is about.
    var matches: Bool
    /// The same result was on an earlier line already.
    var isRepeated: Bool
  }

  private var separator: Character?
  private var columns: [Column: Int] = [:]
  private var columnCount = 0
  private var header = ""
  private var rows: [Row] = []
  /// Where in `rows` an image is.
  private var places: [Int: Int] = [:]
  private var skipped = 0
  private var repeatedHeaders = 0
  private var unreadableTimes: [Int] = []
  private var plainTimes = 0
  private var abstentionsWithRadius = 0
  private var radiiNotANumber = 0
  private var decorated = false
  private var torn: TableQuirk?
  private var significantDigits = 0
  private var quirks: [TableQuirk] = []

  mutating func add(_ line: String, number: Int, isTorn: Bool) throws {
    if line.allSatisfy({ $0.isWhitespace || $0 == separator }) { return }
    if line.drop(while: \.isWhitespace).first == "#" {
      skipped += 1
      return
    }
    // A spreadsheet's own first line.
    if separator == nil, line.lowercased().hasPrefix("sep="), line.count == 5 { return }
    guard let separator else { return try begin(line, number: number, isTorn: isTorn) }
    if line.lowercased() == header {
      repeatedHeaders += 1
      return
    }
    var fields = TableFields.split(line, separator: separator)
    if rows.isEmpty, fields.count == columnCount + 1, !header.isEmpty, try hasRowName(fields, number: number) {
      addRowNames()
    }
    // An ending separator bounds nothing more.
    while fields.count > columnCount, fields.last == "" { fields.removeLast() }
    guard fields.count == columnCount else {
      if isTorn, fields.count < columnCount {
        torn = .tornLine
        return
      }
      throw InputError(
        "a row of another length", location: "line \(number)", expected: "\(columnCount) columns",
        found: "\(fields.count)")
    }
    if isTorn, isCounted(columnCount - 1) {
      torn = .openLine(number)
      return
    }
    try addRow(fields, number: number)
  }

  /// Whether a row with one field more than the header begins with a name, as R and pandas take it: only where what
  /// follows the name is a row.
  ///
  /// - Throws: `InputError` where the last field is empty and either may be meant.
  private func hasRowName(_ fields: [String], number: Int) throws -> Bool {
    guard isRow(fields, shift: 1) else { return false }
    guard fields.last == "", isRow(fields, shift: 0) else { return true }
    throw InputError(
      "a row with a name in front or a separator at its end, and either fits the header", location: "line \(number)",
      expected: "\(columnCount) columns, or a name for each in the header", found: "\(fields.count)")
  }

  /// Whether a row's fields are what their columns hold, those of the header `shift` places farther on.
  private func isRow(_ fields: [String], shift: Int) -> Bool {
    func field(_ column: Column) -> String? {
      columns[column].flatMap { fields.indices.contains($0 + shift) ? fields[$0 + shift] : nil }
    }
    func isInteger(_ column: Column, from least: Int) -> Bool {
      field(column).flatMap { Int($0) ?? Self.decoratedInteger($0) }.map { $0 >= least } ?? false
    }
    guard isInteger(.index, from: 0), isInteger(.label, from: 0), isInteger(.predict, from: -1),
      let radius = field(.radius), let value = Self.radius(radius), value.isNaN || value >= 0
    else { return false }
    // An empty last field is none: a separator ends the line.
    if radius.isEmpty, columns[.radius] == fields.count - 1 - shift { return false }
    if let correct = field(.correct), !correct.isEmpty, !(Self.truth(correct).map(Self.isCount) ?? false) {
      return false
    }
    if let time = field(.time), !time.isEmpty, Self.seconds(time) == nil { return false }
    return true
  }

  /// Whether a number may stand in the `correct` column: 0, 1 or a running total.
  private static func isCount(_ value: Double) -> Bool { value == value.rounded() && value >= 0 }

  /// R and pandas name rows in a first column that the header may leave out.
  private mutating func addRowNames() {
    columnCount += 1
    columns = columns.mapValues { $0 + 1 }
    quirks.append(.rowNames)
  }

  /// Whether results depend on a column, so that its value must be known to be whole.
  private func isCounted(_ position: Int) -> Bool {
    [Column.index, .label, .predict, .radius].contains { columns[$0] == position }
  }

  private mutating func begin(_ line: String, number: Int, isTorn: Bool) throws {
    // Within semicolons a comma is a spreadsheet's decimal one.
    let found = line.contains("\t") ? "\t" : line.contains(";") ? ";" : line.contains(",") ? "," : Character(" ")
    separator = found
    if found != "\t" {
      quirks.append(.separator(found == "," ? "commas" : found == ";" ? "semicolons" : "spaces"))
    }
    var fields = TableFields.split(line, separator: found)
    columnCount = fields.count
    let isNumeric = fields.allSatisfy { $0.first.map { $0.isNumber || $0 == "-" } ?? true }
    if isNumeric && fields.contains(where: { $0 != "" }) || isUsualRow(fields) {
      guard (4...6).contains(fields.count) else {
        throw InputError(
          "neither a header nor a row", location: "line \(number)", expected: "idx label predict radius correct time")
      }
      quirks.append(.noHeader)
      columns = Self.usualColumns(fields.count)
      if isTorn, isCounted(columnCount - 1) {
        torn = .openLine(number)
        return
      }
      return try addRow(fields, number: number)
    }
    header = line.lowercased()
    while fields.last == "" { fields.removeLast() }
    columnCount = fields.count
    let names = fields.map { $0.lowercased() }
    for column in Column.allCases {
      columns[column] = column.names.lazy.compactMap { names.firstIndex(of: $0) }.first
    }
    for column in [Column.index, .label, .predict, .radius] where columns[column] == nil {
      throw InputError(
        "a column is missing", location: "line \(number)", expected: "\"\(column.names[0])\"",
        found: names.joined(separator: " "))
    }
    if let twice = columns.values.first(where: { place in names.count { $0 == names[place] } > 1 }) {
      throw InputError(
        "a column appears twice", location: "line \(number)", expected: "one of each", found: "\"\(names[twice])\"")
    }
    let renamed = Column.allCases.compactMap { column in
      columns[column].flatMap { names[$0] == column.names[0] ? nil : "\(column.names[0]) is “\(names[$0])”" }
    }
    if !renamed.isEmpty { quirks.append(.renamed(renamed)) }
    let extra = names.indices.filter { !columns.values.contains($0) }.map {
      names[$0].isEmpty ? "the \($0 == 0 ? "first" : "\($0 + 1)th"), which has no name" : "“\(names[$0])”"
    }
    if !extra.isEmpty { quirks.append(.extraColumns(extra)) }
  }

  private static func usualColumns(_ count: Int) -> [Column: Int] {
    Dictionary(uniqueKeysWithValues: Column.allCases.prefix(count).map { ($0, $0.rawValue) })
  }

  /// Whether fields are a row in the usual order, such as one that says nan or True.
  private func isUsualRow(_ fields: [String]) -> Bool {
    var usual = self
    usual.columns = Self.usualColumns(fields.count)
    return fields.count >= 4 && usual.isRow(fields, shift: 0)
  }

  private mutating func addRow(_ fields: [String], number: Int) throws {
    func field(_ column: Column) -> String { columns[column].map { fields[$0] } ?? "" }
    func problem(_ column: Column, _ text: String, _ expected: String) -> InputError {
      InputError(
        text, location: "line \(number), column \"\(column.names[0])\"", expected: expected,
        found: "\"\(field(column).prefix(40))\"")
    }
    func integer(_ column: Column, from least: Int) throws -> Int {
      let text = field(column)
      if let value = Int(text), value >= least { return value }
      if let value = Self.decoratedInteger(text), value >= least {
        decorated = true
        return value
      }
      throw problem(column, "not a whole number", "a number from \(least)")
    }
    let index = try integer(.index, from: 0)
    let label = try integer(.label, from: 0)
    let predicted = try integer(.predict, from: -1)
    guard let radius = Self.radius(field(.radius)) else {
      let isDecimalComma = Double(field(.radius).replacing(",", with: ".", maxReplacements: 1)) != nil
      throw isDecimalComma
        ? problem(.radius, "a decimal comma", "a decimal point, as in 0.25: save the table with those")
        : problem(.radius, "not a radius", "a number")
    }
    // Where no header says so, nothing else tells that columns are others, such as one of row numbers before them.
    guard !header.isEmpty || Self.truth(field(.correct)).map(Self.isCount) ?? true else {
      throw problem(
        .correct, "without a header, columns are idx, label, predict, radius, correct and time",
        "0, 1 or a whole number")
    }
    var outcome = Outcome.abstained
    if predicted >= 0, radius.isNaN {
      radiiNotANumber += 1
    } else if predicted >= 0 {
      guard radius.isFinite, radius >= 0, radius <= ReportedRun.largestRadius else {
        throw problem(.radius, "not a radius", "a finite number from 0")
      }
      outcome = .certified(label: predicted, radius: radius)
      significantDigits = max(significantDigits, Self.significantDigits(field(.radius)))
    } else if radius != 0, !radius.isNaN {
      abstentionsWithRadius += 1
    }
    var image = CertifiedImage(index: index, label: label, outcome: outcome)
    let earlier = places[index].map { rows[$0] }
    if let earlier, earlier.image.label != label || earlier.image.outcome != outcome {
      throw InputError(
        "an image appears twice, with different results", location: "line \(number), column \"idx\"",
        found: "image \(index), also on line \(earlier.line)")
    }
    if columns[.time] != nil { image.seconds = seconds(field(.time), line: number) }
    if earlier == nil { places[index] = rows.count }
    rows.append(
      Row(
        image: image, line: number, correct: Self.truth(field(.correct)), matches: predicted == label,
        isRepeated: earlier != nil))
  }

  /// A number; NaN for nothing, and for what Python, R and spreadsheets write for it.
  private static func radius(_ text: String) -> Double? {
    ["", "na", "n/a", "#n/a", "null", "none", "<na>"].contains(text.lowercased()) ? .nan : Double(text)
  }

  private mutating func seconds(_ text: String, line: Int) -> Double? {
    let seconds = Self.seconds(text)
    if seconds == nil { unreadableTimes.append(line) } else if Double(text) != nil { plainTimes += 1 }
    return seconds
  }

  /// "h:mm:ss.ffffff", "2 days, h:mm:ss" or a plain number of seconds.
  private static func seconds(_ text: String) -> Double? {
    if let value = Double(text), value.isFinite, value >= 0, value < 1e9 { return value }
    var days = 0.0
    var clock = text[...]
    if let comma = text.firstIndex(of: ",") {
      guard let word = text[..<comma].split(separator: " ").first, let count = Double(word) else { return nil }
      days = count
      clock = text[text.index(after: comma)...].drop { $0 == " " }
    }
    let parts = clock.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard parts.count == 3, case let (hours?, minutes?, seconds?) = (parts[0], parts[1], parts[2]) else {
      return nil
    }
    let total = days * 86400 + hours * 3600 + minutes * 60 + seconds
    return total.isFinite && total >= 0 && total < 1e9 ? total : nil
  }

  private static func truth(_ text: String) -> Double? {
    switch text.lowercased() {
    case "true": 1
    case "false": 0
    default: Double(text) ?? decoratedInteger(text).map(Double.init)
    }
  }

  /// 3.0 and tensor(3), also tensor(3, device='cuda:0').
  private static func decoratedInteger(_ text: String) -> Int? {
    var inner = text[...]
    if inner.hasPrefix("tensor("), inner.hasSuffix(")") {
      inner = inner.dropFirst(7).dropLast().prefix { $0 != "," }
      if inner.hasPrefix("["), inner.hasSuffix("]") { inner = inner.dropFirst().dropLast() }
    }
    guard let value = Double(inner), abs(value) < 1e15 else { return nil }
    return Int(exactly: value)
  }

  /// How many digits a decimal carries from its first that is not 0.
  private static func significantDigits(_ text: String) -> Int {
    let mantissa = text.prefix { $0 != "e" && $0 != "E" }.filter(\.isNumber)
    return mantissa.drop { $0 == "0" }.count
  }

  mutating func finish() throws -> (images: [CertifiedImage], quirks: [TableQuirk]) {
    guard !rows.isEmpty else {
      throw InputError("the table has no rows", expected: "idx label predict radius correct time")
    }
    quirks += correctQuirks()
    if columns[.time] == nil {
      quirks.append(.noTime)
    } else if let first = unreadableTimes.first {
      quirks.append(.unreadableTimes(rows: unreadableTimes.count, firstLine: first))
    }
    if plainTimes > 0 { quirks.append(.secondsAsNumbers) }
    // Radii of a single step or two may be short by chance; rounding shows where none of many is longer.
    if (1...4).contains(significantDigits) { quirks.append(.roundedRadii(digits: significantDigits)) }
    if abstentionsWithRadius > 0 { quirks.append(.abstentionsWithRadius(rows: abstentionsWithRadius)) }
    if radiiNotANumber > 0 { quirks.append(.radiiNotANumber(rows: radiiNotANumber)) }
    let repeated = rows.filter(\.isRepeated)
    if let first = repeated.first { quirks.append(.repeatedRows(rows: repeated.count, firstLine: first.line)) }
    if decorated { quirks.append(.decoratedClasses) }
    if repeatedHeaders > 0 { quirks.append(.repeatedHeader(lines: repeatedHeaders)) }
    if skipped > 0 { quirks.append(.skippedLines(skipped)) }
    if let torn { quirks.append(torn) }
    return (rows.filter { !$0.isRepeated }.map(\.image), quirks)
  }

  private func correctQuirks() -> [TableQuirk] {
    guard columns[.correct] != nil else { return [.noCorrect] }
    let wrong = rows.filter { $0.correct != ($0.matches ? 1 : 0) }
    guard let first = wrong.first else { return [] }
    var total = 0.0
    let counts = rows.allSatisfy { row in
      total += row.matches ? 1 : 0
      return row.correct == total
    }
    return [counts ? .runningTotal : .contradictingCorrect(rows: wrong.count, firstLine: first.line)]
  }
}
