import Foundation
import TestSupport
import Testing

/// `Fixtures/reference_values.json`, made by `python3 Tests/StatisticsTests/Fixtures/make_reference_values.py`.
///
/// SciPy's values, checked there against mpmath; where SciPy is off by more than 1e-12, mpmath's value.
struct ReferenceValues: Decodable {
  enum Side: String, Decodable { case lower, upper }

  struct Bound: Decodable {
    let successes: Int
    let trials: Int
    let alpha: Double
    let side: Side
    let value: Double
  }

  struct Count: Decodable {
    let successes: Int
    let trials: Int
    let probability: Double
    let side: Side?
    let value: Double
  }

  struct Point: Decodable {
    let x: Double
    let value: Double
  }

  struct Radius: Decodable {
    let sigma: Double
    let lowerBound: Double
    let value: Double
  }

  let bounds: [Bound]
  let quantiles: [Point]
  let normalCDFs: [Point]
  let twoSidedTests: [Count]
  let binomials: [Count]
  let kolmogorov: [Point]
  let radii: [Radius]

  static func load() throws -> ReferenceValues {
    try JSONFixture.read("reference_values", of: "StatisticsTests", as: ReferenceValues.self)
  }
}

/// The agreement asked of every value: 1e-9 relative, down to where a `Double` has fewer digits than that.
let referenceTolerance = 1e-9

func expectClose(
  _ found: Double, _ expected: Double, _ comment: @autoclosure () -> Comment,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    abs(found - expected) <= max(referenceTolerance * abs(expected), .leastNormalMagnitude),
    "\(comment()): \(found) for \(expected)",
    sourceLocation: sourceLocation)
}
