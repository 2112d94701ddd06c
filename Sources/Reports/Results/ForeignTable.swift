import Basics
import Certification
import Foundation

/// A table of certified radii as the field's tools write it: `idx label predict radius correct time` and variants.
///
/// Known variants are recognised and named in ``quirks``; whether a row is correct is always recomputed.
public struct ForeignTable: Sendable {
  public let images: [CertifiedImage]
  public let quirks: [TableQuirk]

  static let largestFile = 128 << 20
  static let longestLine = 1 << 16

  /// - Throws: `InputError` naming the file, the line and the column of what cannot be read.
  public init(path: String) throws {
    // Short rows become a few times their size.
    let data = Data(try BoundedFile.read(path, limit: Self.largestFile, growth: 8))
    do {
      self = try Self(text: data)
    } catch let error as InputError {
      throw error.inFile(path)
    }
  }

  /// The table in a file's bytes.
  package init(text data: Data) throws {
    var parser = ForeignTableParser()
    var number = 0
    var rest = data[...]
    // A byte order mark says nothing here.
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    while !rest.isEmpty {
      number += 1
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      let line = rest[..<(end ?? rest.endIndex)]
      rest = end.map { rest[($0 + 1)...] } ?? rest[rest.endIndex...]
      guard line.count <= Self.longestLine else {
        throw InputError("not a table of radii", location: "line \(number)", expected: "lines of at most 64 KiB")
      }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw InputError("not a table of radii", location: "line \(number)", expected: "UTF-8 text")
      }
      try parser.add(text.trimmingCharacters(in: .whitespacesAndNewlines), number: number, isTorn: end == nil)
    }
    (images, quirks) = try parser.finish()
  }

  /// σ in pixels where a path says it plainly (``SigmaInName``).
  package static func sigma(inPath path: String) -> Double? { SigmaInName(path: path).value }
}
