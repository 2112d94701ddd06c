/// The lines of a text file that a person wrote, on whatever system (``TextLines``).
package enum PlainLines {
  /// Lines without their ends; an empty one behind the last newline.
  package static func read(_ path: String, limit: Int, kind: String) throws -> [String] {
    let lines = TextLines(anyEncoding: try BoundedFile.read(path, limit: limit, growth: 8, kind: kind))
    var isEnded = true
    let texts = lines.map { line in
      isEnded = line.isEnded
      return String(decoding: line.bytes, as: UTF8.self)
    }
    return texts + (isEnded ? [""] : [])
  }
}
