import Basics
import Foundation

/// Reading whole small files, their size checked before memory is taken.
enum InputFile {
  static func data(_ path: String, limit: Int) throws -> Data {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    guard file.bytes.count <= limit else {
      throw InputError(
        "too large for what it should be", file: path, expected: "at most \(limit) bytes",
        found: "\(file.bytes.count)")
    }
    // A file full of numbers becomes as much as 26 times its size, one of short rows a few times.
    try MemoryBudget.require((limit <= 16 << 20 ? 26 : 8) * file.bytes.count, for: "the file's content", file: path)
    return Data(file.bytes)
  }
}

extension InputError {
  /// The field and the complaint of a JSON decoding error.
  init(readingJSON error: DecodingError, file: String) {
    let context: DecodingError.Context? =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): context
      case .keyNotFound(_, let context): context
      @unknown default: nil
      }
    var path = context?.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue } ?? []
    if case .keyNotFound(let key, _) = error { path.append(key.stringValue) }
    self.init(
      context?.debugDescription ?? "not the JSON expected here", file: file,
      location: path.isEmpty ? nil : "field \"\(path.joined(separator: "."))\"")
  }
}
