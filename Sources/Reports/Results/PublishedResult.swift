import Basics

/// Certified accuracies that others have published, to compare with: never measured here and never drawn as ours.
public struct PublishedResult: Hashable, Sendable, Codable {
  public struct Point: Hashable, Sendable, Codable {
    /// r, in pixels.
    public var radius: Double
    /// In per cent.
    public var accuracy: Double
    /// "=" or, where only a bound was published, "≥".
    public var relation: String

    public init(radius: Double, accuracy: Double, relation: String) {
      self.radius = radius
      self.accuracy = accuracy
      self.relation = relation
    }

    /// As published: not rounded again.
    public var text: String { (relation == "=" ? "" : relation + " ") + "\(accuracy)" }
  }

  public struct Source: Hashable, Sendable, Codable {
    public var text: String
    public var url: String

    public init(text: String, url: String) {
      self.text = text
      self.url = url
    }
  }

  public var name: String
  public var dataset: String
  /// What the numbers are: best over σ, how many images, how read.
  public var protocolNote: String
  public var points: [Point]
  public var source: Source

  public init(name: String, dataset: String, protocolNote: String, points: [Point], source: Source) {
    self.name = name
    self.dataset = dataset
    self.protocolNote = protocolNote
    self.points = points
    self.source = source
  }

  enum CodingKeys: String, CodingKey {
    case name, dataset, points, source
    case protocolNote = "protocol"
  }

  private struct File: Decodable {
    var results: [PublishedResult]
  }

  /// The results in a file such as Docs/published-results.json.
  ///
  /// - Throws: `InputError` naming the file and the field that does not fit; one without a source is refused.
  public static func read(_ path: String) throws -> [PublishedResult] {
    let bytes = try BoundedFile.readJSON(path, limit: 1 << 20, kind: "published results")
    let results = try StableJSON.decode(File.self, from: bytes, file: path).results
    for (index, result) in results.enumerated() {
      func require(_ condition: Bool, _ field: String, _ expected: String) throws {
        guard condition else {
          throw InputError(
            "an unusable published result", file: path, location: "results[\(index)], field \"\(field)\"",
            expected: expected)
        }
      }
      try require(!result.name.isEmpty, "name", "a name")
      try require(!result.source.text.isEmpty && !result.source.url.isEmpty, "source", "a text and a url")
      try require(!result.points.isEmpty, "points", "at least one")
      for point in result.points {
        try require(
          point.radius.isFinite && point.radius >= 0 && point.radius < 1000, "points.radius", "a number from 0")
        try require((0...100).contains(point.accuracy), "points.accuracy", "0 … 100 (per cent)")
        try require(["=", "≥", ">"].contains(point.relation), "points.relation", "=, ≥ or >")
      }
    }
    return results
  }
}
