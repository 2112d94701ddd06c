import Basics
import Certification
import Statistics

extension RunManifest.Program {
  /// How the bounds and radii of a run may have been rounded, the program's own way first.
  ///
  /// What 0.2.0 began a later version may have gone on with; its numbers are no larger.
  package var roundings: [BoundRounding] { isUpTo([0, 2, 0]) ? [.nearest, .down] : [.down] }

  /// What can be counted again of a record of an anytime rule.
  package enum Counting: Hashable, Sendable {
    /// Nothing: versions before 0.2.0 may have ended otherwise.
    case none
    /// What hangs on no order of votes: in 0.2.0, whose records do not tell it.
    case unordered
    /// Everything: the record keeps where the votes against the candidate are.
    case ordered
  }

  package var counting: Counting { !isUpTo([0, 2, 0]) ? .ordered : isUpTo([0, 1, .max]) ? .none : .unordered }

  /// Versions that cast the same votes, bit for bit, from the same model, data, options and engine
  /// (Scripts/behaviour-net.py holds each against the one before).
  private static let castingAlike: Set = ["0.2.0", "0.3.0"]

  /// Whether the votes of both are the same where everything else is.
  package func castsVotes(as other: RunManifest.Program) -> Bool {
    self == other || name == other.name && Self.castingAlike.isSuperset(of: [version, other.version])
  }

  /// Whether the version is a number, and no later than another.
  func isUpTo(_ last: [Int]) -> Bool {
    let parts = version.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    let numbers = parts.compactMap { $0 }
    return numbers.count == parts.count && !last.lexicographicallyPrecedes(numbers)
  }
}

extension RunManifest {
  /// This manifest as the continuation of a run: the run stays its version's, whose rule ends its votes, where both
  /// versions cast the same.
  package func continuing(_ recorded: RunManifest) -> RunManifest {
    var manifest = self
    if claim == nil { manifest.claim = recorded.claim }
    guard program.castsVotes(as: recorded.program) else { return manifest }
    manifest.program = recorded.program
    if recorded.program.isUpTo([0, 2, 0]), case .possible(let rule) = smoothing.rule,
      case .possible(let before) = recorded.smoothing.rule, let older = rule.givingUp(as: before)
    {
      manifest.smoothing.rule = .possible(older)
    }
    return manifest
  }
}

extension CertificationRule {
  /// The same rule, with another's chance at which a target is given up; nil where that makes none.
  fileprivate func givingUp(as other: CertificationRule) -> CertificationRule? {
    var parameters = behaviour.parameters
    parameters.hopelessChance = other.behaviour.parameters.hopelessChance
    return try? CertificationRule(parameters)
  }
}

extension ImageRecord {
  /// The same votes as another version rounded what they certify; unchanged without a bound.
  package func rounded(_ rounding: BoundRounding, sigma: PixelNoise) -> ImageRecord {
    guard let bound else { return self }
    let certificate = Certificate(bound, sigma: sigma, rounding: rounding)
    var record = self
    record.pLower = certificate.pLower
    record.outcome = certificate.radius.map { .certified(label: candidate, radius: $0) } ?? .abstained
    return record
  }
}
