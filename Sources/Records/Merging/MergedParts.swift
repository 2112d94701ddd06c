import Basics

/// Where the parts of a merged run come from: `merged` of `run.json`.
public struct MergedParts: Hashable, Sendable, Codable {
  /// A run that was merged.
  public struct Part: Hashable, Sendable, Codable {
    /// Its folder, as it was named.
    public var path: String
    /// `k/N` of a shard.
    public var shard: String?
    public var host: String
    public var processor: String
    public var version: String
    public var created: String
    /// SHA-256 of its run.json and its records.jsonl.
    public var manifest: String
    public var records: String
    /// What it was to certify, and how many of these it had finished.
    public var images: ImageSelection
    public var finished: Int
  }

  public var parts: [Part]
  /// The images of the whole, where some are missing.
  public var partialOf: Int?

  /// What is wrong with it by itself; nil where nothing is.
  func contradiction(count: Int) -> VerificationFailure? {
    func failure(_ problem: String, _ field: String, expected: String, found: String) -> VerificationFailure {
      VerificationFailure(
        problem, file: RunFile.manifestName, field: "merged." + field, expected: expected, found: found)
    }
    if let partialOf, !(count + 1...max(count + 1, RunManifest.largestCount)).contains(partialOf) {
      return failure(
        "a partial run has fewer images than the whole", "partialOf", expected: "more than \(count)",
        found: "\(partialOf)")
    }
    // A part that was run twice has its images counted twice.
    let finished = parts.reduce(0) { $0.addingReportingOverflow($1.finished).partialValue }
    guard !parts.isEmpty, finished >= count else {
      return failure(
        "the parts had not finished so many images", "parts", expected: "at least \(count)", found: "\(finished)")
    }
    return nil
  }
}

extension RunManifest {
  /// The images of the whole, of which a merged run has some alone; nil where it has all.
  public var partialOf: Int? { merged?.partialOf }
}
