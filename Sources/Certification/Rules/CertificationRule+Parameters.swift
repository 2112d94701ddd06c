import Basics

extension CertificationRule {
  /// A rule's numbers as files hold them, whether or not they can be.
  public struct Parameters: Hashable, Sendable, Codable {
    /// n₀.
    public var selectionSamples: Int
    /// n, the most estimation votes where the number is not fixed.
    public var samples: Int
    public var alpha: Double
    /// The rule's name.
    public var stop: String
    /// Radii in pixels at which votes end.
    public var targetRadii: [Double]?
    /// Votes end when the radius can grow by less, in pixels.
    public var radiusTolerance: Double?
    /// A target is given up when the chance of certifying it is below this; absent where it is 0.01, as up to version
    /// 0.2.0.
    public var hopelessChance: Double?

    public init(
      selectionSamples: Int, samples: Int, alpha: Double, stop: String, targetRadii: [Double]? = nil,
      radiusTolerance: Double? = nil, hopelessChance: Double? = nil
    ) {
      self.selectionSamples = selectionSamples
      self.samples = samples
      self.alpha = alpha
      self.stop = stop
      self.targetRadii = targetRadii
      self.radiusTolerance = radiusTolerance
      self.hopelessChance = hopelessChance
    }

    init(
      _ rule: some StoppingRule, targetRadii: [Double]? = nil, radiusTolerance: Double? = nil,
      hopelessChance: Double? = nil
    ) {
      self.init(
        selectionSamples: rule.selectionSamples, samples: rule.samples, alpha: rule.alpha, stop: type(of: rule).stop,
        targetRadii: targetRadii, radiusTolerance: radiusTolerance, hopelessChance: hopelessChance)
    }
  }

  /// The rule that these numbers stand for.
  ///
  /// - Throws: `UsageError` for numbers that are none.
  public init(_ parameters: Parameters) throws {
    guard let kinds = Kind.named[parameters.stop],
      let kind = kinds.first(where: { $0.type.isMeant(by: parameters) }) ?? kinds.last
    else {
      throw UsageError("\"\(parameters.stop)\" is no rule to stop by (\(Kind.names.joined(separator: " or ")))")
    }
    self.init(try kind.type.init(parameters))
  }
}

extension CertificationRule: Codable {
  public func encode(to encoder: any Encoder) throws { try behaviour.parameters.encode(to: encoder) }

  public init(from decoder: any Decoder) throws {
    do {
      try self.init(Parameters(from: decoder))
    } catch let error as UsageError {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
    }
  }
}

/// A rule as a file records it: numbers that are none are kept, to be named and compared.
public enum RecordedRule: Hashable, Sendable {
  case possible(CertificationRule)
  case impossible(CertificationRule.Parameters, UsageError)

  /// - Throws: `UsageError` for numbers that are none.
  public func get() throws -> CertificationRule {
    switch self {
    case .possible(let rule): return rule
    case .impossible(_, let error): throw error
    }
  }
}

extension RecordedRule: Codable {
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .possible(let rule): try rule.encode(to: encoder)
    case .impossible(let parameters, _): try parameters.encode(to: encoder)
    }
  }

  public init(from decoder: any Decoder) throws {
    let parameters = try CertificationRule.Parameters(from: decoder)
    do {
      self = .possible(try CertificationRule(parameters))
    } catch let error as UsageError {
      self = .impossible(parameters, error)
    }
  }
}
