import Basics

/// How an image is certified: one of the rules of a closed set.
///
/// A further rule is one file, a case of ``Kind`` and its line in ``Kind/type``.
public struct CertificationRule: Sendable {
  public let behaviour: any StoppingRule

  /// Each rule's own file makes this public for it.
  init(_ behaviour: any StoppingRule) { self.behaviour = behaviour }

  public var kind: Kind { type(of: behaviour).kind }
  /// Where its certificates come from.
  public var boundKind: Bound.Kind { type(of: behaviour).boundKind }
  /// n₀.
  public var selectionSamples: Int { behaviour.selectionSamples }
  /// n, the most estimation votes where the number is not fixed.
  public var samples: Int { behaviour.samples }
  /// α.
  public var alpha: Double { behaviour.alpha }
  /// The votes of an image, where their number is fixed.
  public var fixedVotes: Int? { behaviour.fixedVotes }
  /// The most votes of an image, for selection and estimation.
  public var mostVotes: Int { fixedVotes ?? selectionSamples + samples }
  /// The bound that nothing but agreeing votes brings.
  public var bestBound: Double { behaviour.bestBound }

  /// Why its radii cannot be compared with those of other runs; nil where they can.
  public var caveat: RadiusCaveat? { behaviour.caveat }

  /// Certifies the image whose votes `source` casts.
  public func callAsFunction(_ source: some VoteSource, sigma: PixelNoise) async throws -> CertifyResult {
    try await behaviour(source, sigma: sigma)
  }
}

extension CertificationRule {
  /// Every rule there is. Raw values are the reasons to stop in records: each rule has one of its own.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case fixed, targets, tolerance

    public var type: any StoppingRule.Type {
      switch self {
      case .fixed: Certify.self
      case .targets: AnytimeTargets.self
      case .tolerance: AnytimeTolerance.self
      }
    }

    // No key paths: the compiler of Swift 6.3 crashes on one through a metatype.

    /// Rules by what files call them.
    static let named = Dictionary(grouping: allCases, by: { $0.type.stop })
    /// What files call them, in the order of the cases.
    static let names = allCases.map { $0.type.stop }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
  }
}

extension CertificationRule: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    AnyHashable(left.behaviour) == AnyHashable(right.behaviour)
  }

  public func hash(into hasher: inout Hasher) { behaviour.hash(into: &hasher) }
}
