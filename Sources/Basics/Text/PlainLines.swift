/// The lines of a text file that a person wrote, on whatever system.
package enum PlainLines {
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Lines without their ends (`\n` or `\r\n`) and without a byte order mark before the first.
  package static func read(_ path: String, limit: Int, kind: String) throws -> [String] {
    let bytes = try BoundedFile.read(path, limit: limit, growth: 8, kind: kind)
    let text = bytes.starts(with: byteOrderMark) ? bytes[byteOrderMark.count...] : bytes[...]
    return text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
    }
  }
}
