import Statistics
import Testing

@Suite("The Kolmogorov–Smirnov test")
struct KolmogorovSmirnovTests {
  @Test("has SciPy's limit distribution to 1e-9")
  func limit() throws {
    for row in try ReferenceValues.load().kolmogorov {
      expectClose(KolmogorovSmirnov.survival(row.x), row.value, "Q(\(row.x))")
    }
    #expect(KolmogorovSmirnov.survival(0) == 1 && KolmogorovSmirnov.survival(0.01) == 1)
  }

  @Test("measures the largest distance, on either side of a step")
  func distance() {
    // Midpoints of n equal parts are ½/n from the uniform distribution everywhere.
    let midpoints = (0..<50).map { (Double($0) + 0.5) / 50 }
    #expect(abs(KolmogorovSmirnov.distance(midpoints.reversed()) { $0 } - 0.01) < 1e-15)
    #expect(KolmogorovSmirnov.distance([0.25]) { $0 } == 0.75)
    #expect(KolmogorovSmirnov.distance([0.75]) { $0 } == 0.75)
  }

  @Test("tells numbers of another distribution")
  func rejection() {
    let numbers = (0..<1000).map { (Double($0) + 0.5) / 1000 }
    let same = KolmogorovSmirnov.distance(numbers) { $0 }
    let other = KolmogorovSmirnov.distance(numbers) { $0 * $0 }
    #expect(KolmogorovSmirnov.pValue(distance: same, count: 1000) > 0.999)
    #expect(KolmogorovSmirnov.pValue(distance: other, count: 1000) < 1e-12)
  }
}
