import Basics
import Certification
import Models

/// A named set of defaults that explicit choices override: what `fast` and `paper` mean stands here and in
/// `ClassifierSpecification.fast` and `.paper`, and nowhere else.
public enum Preset: String, Hashable, Sendable, CaseIterable {
  /// The published protocol.
  case paper
  /// Calibrated levels, racing, anytime stopping: the default.
  case fast

  /// n₀ and n, the most estimation votes where their number is not fixed.
  public struct Votes: Hashable, Sendable {
    public var selection: Int
    public var estimation: Int

    public init(selection: Int, estimation: Int) {
      self.selection = selection
      self.estimation = estimation
    }
  }

  /// How many votes an image gets.
  ///
  /// - Parameter hasTargets: whether voting ends at target radii, which may take many votes.
  public func votes(hasTargets: Bool) -> Votes {
    switch self {
    case .paper: Votes(selection: 100, estimation: 10_000)
    case .fast: Votes(selection: 20, estimation: hasTargets ? 10_000 : 1000)
    }
  }

  /// Whether the number of votes is fixed beforehand.
  public var fixesVotes: Bool { self == .paper }
  /// What the network computes in where no precision is named.
  public var precision: PrecisionChoice { self == .fast ? .fastest : .exact }
  /// Without targets, an anytime rule ends when the radius can grow by less, in pixels.
  public static func tolerance(sigma: PixelNoise) -> Double { sigma.sigma / 10 }
}

extension AnytimeTolerance {
  /// The votes of ``Preset/fast``: 20 choose the class; then at most 1000 until the radius can grow by less than σ/10.
  ///
  /// - Parameters:
  ///   - sigma: σ, in pixels.
  ///   - alpha: the probability of a wrong certificate.
  public static func fast(sigma: PixelNoise, alpha: Double = 0.001) throws -> AnytimeTolerance {
    let votes = Preset.fast.votes(hasTargets: false)
    return try AnytimeTolerance(
      selectionSamples: votes.selection, budget: votes.estimation, alpha: alpha,
      tolerance: Preset.tolerance(sigma: sigma))
  }
}

extension AnytimeTargets {
  /// The votes of ``Preset/fast`` with target radii: 20 choose the class; then at most 10 000 until every target is
  /// certified or out of reach.
  ///
  /// - Parameters:
  ///   - targets: radii in pixels.
  ///   - alpha: the probability of a wrong certificate.
  public static func fast(_ targets: [Double], alpha: Double = 0.001) throws -> AnytimeTargets {
    let votes = Preset.fast.votes(hasTargets: true)
    return try AnytimeTargets(
      selectionSamples: votes.selection, budget: votes.estimation, alpha: alpha, targets: targets)
  }
}
