import Statistics
import Testing

@Suite("Certified radii")
struct CertifiedRadiusTests {
  @Test("equal σ·Φ⁻¹(p) of SciPy to 1e-9")
  func reference() throws {
    let rows = try ReferenceValues.load().radii
    #expect(rows.count == 28)
    for row in rows {
      let nearest = try #require(
        CertifiedRadius.radius(sigma: row.sigma, lowerBound: row.lowerBound, rounding: .nearest))
      expectClose(nearest, row.value, "\(row)")
      let radius = try #require(CertifiedRadius.radius(sigma: row.sigma, lowerBound: row.lowerBound))
      // Single precision rounds 2σ = 0.24 down.
      #expect(radius < row.value * (1 + 1e-15) && radius > row.value * (1 - 3e-8))
    }
  }

  @Test("are absent unless the bound exceeds ½")
  func abstention() {
    for bound in [0, 0.25, 0.5.nextDown, 0.5, -1, .nan] {
      #expect(CertifiedRadius.radius(sigma: 0.5, lowerBound: bound) == nil)
    }
    #expect((CertifiedRadius.radius(sigma: 0.5, lowerBound: 0.5.nextUp) ?? 0) > 0)
  }

  @Test("stay finite for a bound that rounded to 1")
  func roundedToOne() {
    let radius = CertifiedRadius.radius(sigma: 1, lowerBound: 1)
    #expect(radius == CertifiedRadius.radius(sigma: 1, lowerBound: 1.0.nextDown))
    #expect((radius ?? .infinity) < 8.3)
  }

  @Test("of the reference protocol with every vote for one class: 0.25·Φ⁻¹(0.001^(1/10 000)) = 0.8")
  func referenceProtocol() throws {
    let bound = ClopperPearson.lowerBound(successes: 10_000, trials: 10_000, alpha: 0.001)
    let radius = try #require(CertifiedRadius.radius(sigma: 0.25, lowerBound: bound))
    #expect(abs(radius - 0.7997) < 1e-3)
  }
}
