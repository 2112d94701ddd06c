import Foundation

/// Results on stdout, everything else on stderr.
enum Output {
  static func line(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  static func notice(_ text: String) {
    FileHandle.standardError.write(Data("ndc: \(text)\n".utf8))
  }

  /// One JSON object on one line; doubles in full precision, those that JSON has no number for as "inf", "-inf", "nan".
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
