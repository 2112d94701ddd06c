/// The classes that a classifier chooses from, each by its label in the model.
///
/// Losses and votes go by place: place i of 0 ..< `count` is the class with the i-th smallest label, so that a tie goes
/// to the lowest label.
public struct ClassSet: Hashable, Sendable {
  /// Ascending, none twice.
  public let labels: [Int]

  /// All classes of a model: 0 ..< `count`.
  public init(count: Int) { labels = Array(0..<count) }

  /// Some of a model's classes, in whatever order they are named.
  ///
  /// - Throws: `UsageError` for fewer than two labels, a negative one, and one that is named twice.
  public init(_ labels: [Int]) throws {
    let ascending = labels.sorted()
    guard labels.count > 1 else {
      throw UsageError("\(.classes): a classifier chooses among at least two classes; found \(labels.count)")
    }
    if let first = ascending.first, first < 0 { throw UsageError("\(.classes): \(first) is no label") }
    if let (twice, _) = zip(ascending, ascending.dropFirst()).first(where: { $0 == $1 }) {
      throw UsageError("\(.classes): class \(twice) is named twice")
    }
    self.labels = ascending
  }

  /// K, the number of classes.
  public var count: Int { labels.count }

  /// The label of the class at a place.
  public subscript(place: Int) -> Int { labels[place] }

  /// nil for a label that is none of these classes'.
  public func place(of label: Int) -> Int? {
    var range = labels.indices
    while let middle = range.isEmpty ? nil : (range.lowerBound + range.upperBound) / 2 {
      if labels[middle] == label { return middle }
      range = labels[middle] < label ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  /// Where `all` has each of these classes.
  ///
  /// - Parameter owner: what the classes of `all` belong to, for the message.
  /// - Throws: `UsageError` for a class that it does not have.
  package func places(in all: ClassSet, of owner: String) throws -> [Int] {
    try labels.map { label in
      guard let place = all.place(of: label) else {
        throw UsageError("\(.classes): the \(owner) has no class \(label), only \(all)")
      }
      return place
    }
  }

  public func contains(_ label: Int) -> Bool { place(of: label) != nil }
}

extension ClassSet: Codable {
  /// From an array of labels.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let labels = try container.decode([Int].self)
    guard labels.count > 1, (labels.first ?? 0) >= 0, zip(labels, labels.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "at least two labels in ascending order expected")
    }
    self.labels = labels
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(labels)
  }
}

extension ClassSet: CustomStringConvertible {
  /// More labels than this are not listed.
  private static let mostListed = 12

  /// `classes 3, 5 and 8`, or `classes 3, 5, 8 … 967 (100 of them)`.
  public var description: String { description { "\($0)" } }

  /// - Parameter name: what a class is called.
  public func description(_ name: (Int) -> String) -> String {
    guard let last = labels.last, count > 1 else { return "classes " + labels.map(name).joined() }
    if count > Self.mostListed {
      return "classes " + labels.prefix(3).map(name).joined(separator: ", ") + " … \(name(last)) (\(count) of them)"
    }
    return "classes " + labels.dropLast().map(name).joined(separator: ", ") + " and " + name(last)
  }
}
