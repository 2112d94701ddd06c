import Basics
import Records

/// What a run is called: `apndc, σ = 0.25 [run-a]`.
public struct RunTitle: Hashable, Sendable, CustomStringConvertible {
  /// The classifier's method, or what the user or its file calls the run.
  public var base: String
  /// σ in pixels, where the title says it.
  public var sigma: Double?
  /// What tells it from another run of the same name, such as ` [run-a]`; empty where nothing has to.
  public var distinction = ""

  public init(_ base: String, sigma: Double? = nil) {
    self.base = base
    self.sigma = sigma
  }

  public var description: String {
    base + (sigma.map { ", σ = \(DecimalText.radius($0))" } ?? "") + distinction
  }

  /// What runs at several σ are called together.
  public var withoutSigma: String { sigma == nil ? description : base }
}

/// What runs at several σ share if they are of one method.
public enum RunMethod: Hashable, Sendable {
  /// The user calls them the same.
  case named(String)
  /// They are the same but for σ.
  case settings(RunOrigin.MethodKey)
  /// A table that nothing more is known of than where it lies.
  case table(path: String)
}
