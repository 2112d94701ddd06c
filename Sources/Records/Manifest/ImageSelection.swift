import Basics
import Foundation

/// Which images of a data set a run takes: first, first + stride, …, or a list of indices.
public struct ImageSelection: Hashable, Sendable, Codable {
  public var first: Int
  public var stride: Int
  public var count: Int
  /// The data set's indices themselves where they were listed; first and stride say nothing then.
  public var listed: [Int]?

  public init(first: Int = 0, stride: Int = 1, count: Int) {
    self.first = first
    self.stride = stride
    self.count = count
  }

  /// The first `count` of the listed indices, or all of them.
  public init(listed: [Int], count: Int? = nil) {
    first = 0
    stride = 1
    self.count = count ?? listed.count
    self.listed = listed
  }

  /// The data set's indices in the order of the run.
  ///
  /// - Parameters:
  ///   - size: how many images the data set has.
  /// - Throws: `UsageError` when the selection is empty, reaches beyond the data set or takes an image twice.
  public func indices(inDatasetOf size: Int) throws -> [Int] {
    guard count > 0 else { throw UsageError("\(.count) must be positive, not \(count)") }
    if let listed {
      guard count <= listed.count else {
        throw UsageError("\(.count) \(count) asks for more than the \(listed.count) listed images")
      }
      let taken = Array(listed[..<count])
      if let wrong = taken.first(where: { !(0..<size).contains($0) }) {
        throw UsageError("image \(wrong) is listed, but the data set has images 0 … \(size - 1)")
      }
      guard Set(taken).count == taken.count else { throw UsageError("an image is listed twice") }
      return taken
    }
    guard stride > 0 else { throw UsageError("\(.stride) must be positive, not \(stride)") }
    guard (0..<size).contains(first) else {
      throw UsageError("\(.first) \(first) lies outside the data set, which has images 0 … \(size - 1)")
    }
    let available = (size - 1 - first) / stride + 1
    guard count <= available else {
      throw UsageError(
        "\(.count) \(count) asks for more than the \(available) images that the data set has from \(.first) \(first) "
          + "with \(.stride) \(stride)")
    }
    return positions(count)
  }

  /// The first `count` indices, unchecked but for overflow.
  package func positions(_ count: Int) -> [Int] {
    if let listed { return Array(listed.prefix(count)) }
    return (0..<count).map { first &+ $0 &* stride }
  }

  /// The largest index; nil of a selection that takes none or more than there are numbers.
  package var last: Int? {
    if let listed { return listed.prefix(max(0, count)).max() }
    guard first >= 0, stride > 0, count > 0 else { return nil }
    let (steps, overflows) = stride.multipliedReportingOverflow(by: count - 1)
    let (last, isBeyond) = first.addingReportingOverflow(steps)
    return overflows || isBeyond ? nil : last
  }

  /// Indices from a text file, one a line (`TextLines`); empty lines and lines that begin with # are skipped.
  ///
  /// - Throws: `InputError` naming the file and the line.
  public static func readIndices(_ path: String) throws -> [Int] {
    let data = try RunFile.read(path, limit: RunFile.largestList, growth: BoundedFile.jsonGrowth)
    var indices: [Int] = []
    for line in TextLines(anyEncoding: data) {
      let text = String(decoding: line.bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
      guard !text.isEmpty, !text.hasPrefix("#") else { continue }
      guard let index = Int(text), index >= 0 else {
        throw InputError(
          "not an image's index", file: path, location: "line \(line.number)", expected: "a number from 0",
          found: "\"\(text.prefix(40))\"")
      }
      indices.append(index)
    }
    guard !indices.isEmpty else { throw InputError("the list of images is empty", file: path) }
    return indices
  }
}
