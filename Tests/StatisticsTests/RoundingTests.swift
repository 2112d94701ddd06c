import Foundation
import Statistics
import TestSupport
import Testing

/// `Fixtures/rounding.json`, made by `python3 Tests/StatisticsTests/Fixtures/make_rounding_values.py`: the largest
/// doubles not above mpmath's values with 40 digits.
struct RoundingValues: Decodable {
  struct Bound: Decodable {
    let successes: Int
    let trials: Int
    let alpha: Double
    /// Of the radius of the exact bound; nil where `value` is the bound.
    let sigma: Double?
    let value: Double
  }

  struct Radius: Decodable {
    let sigma: Double
    let lowerBound: Double
    let value: Double
  }

  let bounds: [Bound]
  let certificates: [Bound]
  let radii: [Radius]

  static func load() throws -> RoundingValues {
    try JSONFixture.read("rounding", of: "StatisticsTests", as: RoundingValues.self)
  }
}

@Suite("Bounds and radii rounded down")
struct RoundingTests {
  @Test("no Clopper–Pearson bound is above the exact one, up to a million trials and down to α = 1e-300")
  func bounds() throws {
    let rows = try RoundingValues.load().bounds
    #expect(rows.count > 600)
    for row in rows {
      let value = ClopperPearson.lowerBound(successes: row.successes, trials: row.trials, alpha: row.alpha)
      #expect(value <= row.value, "\(row): \(value)")
      #expect(value >= row.value * (1 - 1e-12), "\(row): \(value)")
    }
  }

  @Test("no radius is above the exact one of the noise that is drawn")
  func radii() throws {
    let rows = try RoundingValues.load().radii
    #expect(rows.count > 200)
    for row in rows {
      let value = try #require(CertifiedRadius.radius(sigma: row.sigma, lowerBound: row.lowerBound))
      #expect(value <= row.value, "\(row): \(value)")
      #expect(value >= row.value * (1 - 1e-15), "\(row): \(value)")
    }
  }

  @Test("no certificate is above the exact one of its counts, and none is 1e-7 below")
  func certificates() throws {
    let rows = try RoundingValues.load().certificates
    #expect(rows.count > 200)
    for row in rows {
      let bound = ClopperPearson.lowerBound(successes: row.successes, trials: row.trials, alpha: row.alpha)
      let sigma = try #require(row.sigma)
      let value = try #require(CertifiedRadius.radius(sigma: sigma, lowerBound: bound))
      #expect(value <= row.value, "\(row): \(value)")
      #expect(value >= row.value * (1 - 1e-7), "\(row): \(value)")
    }
  }

  /// What the planted fault must show: the tables tell the two roundings apart.
  @Test("rounded to nearest, a third of the bounds and the radii at σ = 0.12 are above the exact ones")
  func nearest() throws {
    let values = try RoundingValues.load()
    let above = values.bounds.count {
      ClopperPearson.lowerBound(
        successes: $0.successes, trials: $0.trials, alpha: $0.alpha, rounding: .nearest) > $0.value
    }
    #expect(above > values.bounds.count / 3)
    let radii = values.radii.filter { $0.sigma == 0.12 }
    #expect(radii.count > 100)
    for row in radii {
      let value = try #require(
        CertifiedRadius.radius(sigma: row.sigma, lowerBound: row.lowerBound, rounding: .nearest))
      #expect(abs(value / row.value - 1 - 2.2e-8) < 1e-9, "\(row): \(value)")
    }
  }

  @Test("the noise that is drawn is no larger than σ, and equal where single precision holds 2σ")
  func drawnNoise() {
    for sigma in [0.25, 0.5, 1, 3] { #expect(CertifiedRadius.drawnNoise(sigma: sigma) == sigma) }
    for sigma in stride(from: 0.01, through: 2, by: 0.01) {
      let drawn = CertifiedRadius.drawnNoise(sigma: sigma)
      #expect(drawn <= sigma && drawn >= sigma * (1 - 6e-8) && drawn <= Double(Float(2 * sigma)) / 2)
    }
    #expect(CertifiedRadius.drawnNoise(sigma: 0.12) < 0.12)
  }

  @Test("a bound that a radius needs certifies it, and a little less does not", arguments: [0.12, 0.25, 0.5, 1])
  func lowerBoundNeeded(sigma: Double) throws {
    for radius in [0.001, 0.1, 0.25, 0.5, 0.75, 1] where radius < 8 * sigma {
      let bound = try #require(CertifiedRadius.lowerBoundNeeded(for: radius, sigma: sigma))
      #expect(try #require(CertifiedRadius.radius(sigma: sigma, lowerBound: bound)) >= radius)
      let less = bound - 16 * bound.ulp
      #expect(try #require(CertifiedRadius.radius(sigma: sigma, lowerBound: less)) < radius)
    }
    #expect(CertifiedRadius.lowerBoundNeeded(for: 0, sigma: sigma) == 0.5.nextUp)
    #expect(CertifiedRadius.lowerBoundNeeded(for: 9 * sigma, sigma: sigma) == nil)
  }
}
