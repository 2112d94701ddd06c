import Basics
import Records

/// What run.json says, read field by field: a report shows runs of older and newer versions too.
public struct RunOrigin: Hashable, Sendable {
  public let manifest: JSONValue

  public init(_ manifest: JSONValue) { self.manifest = manifest }

  public init(_ manifest: RunManifest) throws { self.manifest = try JSONValue(encoding: manifest) }

  /// The value at a dotted path, such as `smoothing.alpha`.
  public subscript(path: String) -> JSONValue? {
    path.split(separator: ".").reduce(Optional(manifest)) { value, key in
      guard case .object(let members)? = value else { return nil }
      return members[String(key)]
    }
  }

  public func text(_ path: String) -> String? {
    if case .string(let text)? = self[path] { text } else { nil }
  }

  public func number(_ path: String) -> Double? {
    switch self[path] {
    case .number(let value)?: value
    case .integer(let value)?: Double(value)
    case .unsigned(let value)?: Double(value)
    default: nil
    }
  }

  public func integer(_ path: String) -> Int? {
    if case .integer(let value)? = self[path] { value } else { nil }
  }

  private func strings(_ path: String) -> [String]? {
    guard case .array(let values)? = self[path] else { return nil }
    return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  private func numbers(_ path: String) -> [Double]? {
    guard case .array(let values)? = self[path] else { return number(path).map { [$0] } }
    return values.compactMap {
      switch $0 {
      case .number(let value): value
      case .integer(let value): Double(value)
      default: nil
      }
    }
  }

  public var sigma: Double? { number("smoothing.sigma") }
  public var alpha: Double? { number("smoothing.alpha") }
  public var samples: Int? { integer("smoothing.samples") }
  public var selectionSamples: Int? { integer("smoothing.selectionSamples") }
  public var stop: String { text("smoothing.stop") ?? "fixed" }
  public var seed: UInt64? {
    switch self["smoothing.seed"] {
    case .unsigned(let value)?: value
    case .integer(let value)? where value >= 0: UInt64(value)
    default: nil
    }
  }

  /// Radii at which an image's votes may end early; empty where every image got the votes it was promised.
  public var targetRadii: [Double] {
    for path in ["smoothing.targetRadii", "smoothing.targetRadius", "smoothing.targets"] {
      if let radii = numbers(path), !radii.isEmpty { return radii }
    }
    return []
  }

  /// Whether votes end when an answer is known: then a radius says where the votes stopped, not how far they could
  /// have gone.
  public var isTargetStopped: Bool { stop != "fixed" && !targetRadii.isEmpty }

  public var arguments: [String] { strings("arguments") ?? [] }
  public var imageCount: Int? { integer("images.count") }
  public var dataDigest: String? { text("data.digest") }

  /// apndc, epndc, …
  public var classifierName: String? { text("classifier.specification.method") }

  /// What two runs that differ in σ alone have in common.
  package var methodKey: String {
    var parts = ["model.digest", "model.unconditionalDigest", "data.digest", "classifier.precision", "images"].map {
      self[$0]?.description ?? ""
    }
    if case .object(var specification)? = self["classifier.specification"] {
      specification["sigma"] = nil
      if case .string("learned")? = specification["weighting"] {
        // Learned once for each σ, levels and race alike.
        specification["calibration"] = nil
        if case .object(let elimination)? = specification["elimination"] {
          specification["elimination"] = .array(elimination.keys.sorted().map { .string($0) })
        }
      }
      parts.append(JSONValue.object(specification).description)
    }
    if case .object(var smoothing)? = self["smoothing"] {
      smoothing["sigma"] = nil
      smoothing["seed"] = nil
      if let tolerance = number("smoothing.radiusTolerance"), let sigma, sigma > 0 {
        // By default a share of σ; rounded, for the quotients of decimals differ in their last bits.
        smoothing["radiusTolerance"] = .number((tolerance / sigma * 1e9).rounded() / 1e9)
      }
      parts.append(JSONValue.object(smoothing).description)
    }
    return parts.joined(separator: "\u{1F}")
  }
}
