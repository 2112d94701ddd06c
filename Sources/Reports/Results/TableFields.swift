/// The fields of a table's line: spaces around them go, quotes around them too.
enum TableFields {
  /// Empty fields stay, the first and the last among them; where spaces separate, several are one.
  ///
  /// Within double quotes a separator is a character like others, and `""` is a quote.
  static func split(_ line: String, separator: Character) -> [String] {
    guard line.contains("\"") else {
      return line.split(separator: separator, omittingEmptySubsequences: separator == " ").map {
        trimmed($0, separator)
      }
    }
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    var hasQuotes = false
    func finish() {
      if !hasQuotes { field = trimmed(field[...], separator) }
      if separator != " " || !field.isEmpty || hasQuotes { fields.append(field) }
      (field, hasQuotes) = ("", false)
    }
    var rest = line[...]
    while let character = rest.popFirst() {
      if isQuoted {
        if character != "\"" {
          field.append(character)
        } else if rest.first == "\"" {
          field.append("\"")
          rest.removeFirst()
        } else {
          isQuoted = false
        }
      } else if character == separator {
        finish()
      } else if character == "\"", field.isEmpty {
        (isQuoted, hasQuotes) = (true, true)
      } else if !(isSpace(character, separator) && (field.isEmpty || hasQuotes)) {
        field.append(character)
      }
    }
    finish()
    return fields
  }

  private static func isSpace(_ character: Character, _ separator: Character) -> Bool {
    character == " " || character == "\t" && separator != "\t"
  }

  private static func trimmed(_ field: Substring, _ separator: Character) -> String {
    var field = field.drop { isSpace($0, separator) }
    while let last = field.last, isSpace(last, separator) { field.removeLast() }
    return String(field)
  }
}
