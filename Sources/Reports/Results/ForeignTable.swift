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
    let bytes = try BoundedFile.read(path, limit: Self.largestFile, growth: 8)
    do {
      self = try Self(bytes)
    } catch let error as InputError {
      throw error.inFile(path)
    }
  }

  /// The table in a file's bytes.
  package init(text data: Data) throws { try self.init(Array(data)) }

  private init(_ bytes: [UInt8]) throws {
    var parser = ForeignTableParser()
    for line in TextLines(anyEncoding: bytes) {
      guard line.bytes.count <= Self.longestLine else {
        throw InputError("not a table of radii", location: "line \(line.number)", expected: "lines of at most 64 KiB")
      }
      guard let text = line.text else {
        throw InputError("not a table of radii", location: "line \(line.number)", expected: "UTF-8 text")
      }
      try parser.add(text, number: line.number, isTorn: !line.isEnded)
    }
    (images, quirks) = try parser.finish()
  }

  /// σ in pixels where a path says it plainly (``SigmaInName``).
  package static func sigma(inPath path: String) -> Double? { SigmaInName(path: path).value }
}
