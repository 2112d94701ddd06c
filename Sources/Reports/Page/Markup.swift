/// HTML or SVG text. Whatever is interpolated into it is escaped, unless it is markup itself: text from a file cannot
/// become an element.
public struct Markup: Sendable, ExpressibleByStringInterpolation {
  public private(set) var text: String

  public init(stringLiteral text: String) { self.text = text }
  public init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  public struct StringInterpolation: StringInterpolationProtocol {
    var text: String

    public init(literalCapacity: Int, interpolationCount: Int) {
      text = ""
      text.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    public mutating func appendLiteral(_ literal: String) { text += literal }
    public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      text += Markup.escaped(value.description)
    }
    public mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
    public mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { text += part.text } }
  }

  public static func += (left: inout Markup, right: Markup) { left.text += right.text }

  /// `&`, `<`, `>` and both quotes as references; control characters, which no page may hold, as U+FFFD.
  public static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
