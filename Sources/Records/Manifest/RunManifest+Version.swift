import Basics
import Certification
import Statistics

extension RunManifest.Program {
  /// How the bounds and radii of a run may have been rounded, the program's own way first.
  ///
  /// What 0.2.0 began a later version may have gone on with; its numbers are no larger.
  package var roundings: [BoundRounding] { isUpTo([0, 2, 0]) ? [.nearest, .down] : [.down] }

  /// Whether the version is a number, and no later than another.
  func isUpTo(_ last: [Int]) -> Bool {
    let parts = version.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    let numbers = parts.compactMap { $0 }
    return numbers.count == parts.count && !last.lexicographicallyPrecedes(numbers)
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
