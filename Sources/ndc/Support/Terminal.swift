import Foundation

/// Colours, where a person looks and did not ask for none (NO_COLOR).
enum Terminal {
  enum Colour: String {
    case green = "32"
    case yellow = "33"
  }

  private static let isColoured =
    isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil

  static func coloured(_ text: String, _ colour: Colour) -> String {
    isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}
