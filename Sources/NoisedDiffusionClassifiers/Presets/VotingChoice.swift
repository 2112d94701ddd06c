import Basics
import Certification

/// How many votes and how sure, as a user asks for it: a preset, and what overrides it.
public struct VotingChoice: Hashable, Sendable {
  public var preset: Preset?
  /// n₀.
  public var selectionSamples: Int?
  /// n, the most estimation votes where their number is not fixed.
  public var samples: Int?
  /// α.
  public var alpha = 0.001
  /// Whether n is fixed beforehand; nil for what preset, sizes and targets imply.
  public var isFixed: Bool?
  /// Radii in pixels; empty for none.
  public var targetRadii: [Double] = []
  /// In pixels; nil for σ/10.
  public var radiusTolerance: Double?

  public init() {}

  /// Whether nothing says how many votes to cast.
  public var leavesSizesOpen: Bool { preset == nil && samples == nil && targetRadii.isEmpty }

  /// n₀, n and the stopping rule.
  ///
  /// - Parameter open: the sizes where nothing says how many votes to cast; nil for those of the preset fast.
  /// - Throws: `UsageError` for numbers that are none, and for targets of which none is within reach.
  public func rule(sigma: PixelNoise, open: Preset.Votes? = nil) throws -> CertificationRule {
    let preset = preset ?? .fast
    var votes = preset.votes(hasTargets: !targetRadii.isEmpty)
    if let open, leavesSizesOpen { votes = open }
    let asksForExactly = self.preset == nil && samples != nil && targetRadii.isEmpty
    let selection = selectionSamples ?? votes.selection
    let samples = samples ?? votes.estimation
    if isFixed ?? (preset.fixesVotes || asksForExactly) {
      return .fixed(try Certify(selectionSamples: selection, samples: samples, alpha: alpha))
    }
    let tolerance = try AnytimeTolerance(
      selectionSamples: selection, budget: samples, alpha: alpha,
      tolerance: radiusTolerance ?? Preset.tolerance(sigma: sigma))
    guard !targetRadii.isEmpty else { return .tolerance(tolerance) }
    let rule = try AnytimeTargets(selectionSamples: selection, budget: samples, alpha: alpha, targets: targetRadii)
    if !targetRadii.contains(where: { rule.votesNeeded(for: $0, sigma: sigma) != nil }) {
      throw UsageError(
        "\(.targetRadii): none is within reach of \(samples) votes at sigma \(sigma.sigma); take more \(.samples) or a larger \(.sigma)"
      )
    }
    return .targets(rule)
  }
}
