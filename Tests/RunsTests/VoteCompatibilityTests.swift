import Certification
import Runs
import Statistics
import Testing

@Suite struct VoteCompatibilityTests {
  private func areCompatible(
    _ first: (Int, Int), _ second: (Int, Int), by bound: Bound.Kind, level: Double = VoteCompatibility.level
  ) -> Bool {
    VoteCompatibility.areCompatible(
      .init(successes: first.0, trials: first.1), .init(successes: second.0, trials: second.1), by: bound,
      level: level)
  }

  /// Each of the four limits at a quarter of the level, computed beside the code under test.
  private func interval(_ k: Int, _ n: Int, _ bound: Bound.Kind, _ level: Double) -> ClosedRange<Double> {
    let alpha = level / 4
    switch bound {
    case .clopperPearson:
      return ClopperPearson.lowerBound(
        successes: k, trials: n, alpha: alpha)...ClopperPearson.upperBound(successes: k, trials: n, alpha: alpha)
    case .betaMixture:
      return ConfidenceSequence.lowerBound(
        successes: k, trials: n, alpha: alpha)...ConfidenceSequence.upperBound(successes: k, trials: n, alpha: alpha)
    }
  }

  @Test(arguments: [Bound.Kind.clopperPearson, .betaMixture])
  func `two counts are compatible where the intervals of their probabilities meet`(bound: Bound.Kind) {
    let (first, second, level) = (40, 60, 0.01)
    var answers: Set<Bool> = []
    for k in 0...first {
      for other in stride(from: 0, through: second, by: 3) {
        let meet = interval(k, first, bound, level).overlaps(interval(other, second, bound, level))
        #expect(areCompatible((k, first), (other, second), by: bound, level: level) == meet, "\(k) and \(other)")
        answers.insert(meet)
      }
    }
    #expect(answers == [true, false])
  }

  @Test(arguments: [Bound.Kind.clopperPearson, .betaMixture])
  func `equal counts are compatible and opposite ones are not, in either order`(bound: Bound.Kind) {
    for k in [0, 13, 30] { #expect(areCompatible((k, 30), (k, 30), by: bound)) }
    #expect(!areCompatible((100, 100), (0, 100), by: bound) && !areCompatible((0, 100), (100, 100), by: bound))
  }

  @Test(arguments: [Bound.Kind.clopperPearson, .betaMixture])
  func `the gap is what lies between the intervals, and none where they meet`(bound: Bound.Kind) {
    for (k, other) in [(40, 2), (2, 40), (20, 21)] {
      let (one, two) = (interval(k, 40, bound, 0.01), interval(other, 60, bound, 0.01))
      let gap = VoteCompatibility.gap(
        .init(successes: k, trials: 40), .init(successes: other, trials: 60), by: bound, level: 0.01)
      #expect(gap == max(0, one.lowerBound - two.upperBound, two.lowerBound - one.upperBound))
      #expect((gap == 0) == areCompatible((k, 40), (other, 60), by: bound, level: 0.01))
    }
  }

  @Test func `an honest count is contradicted with probability below one in a million`() {
    #expect(VoteCompatibility.level == 1e-6)
  }

  @Test func `a number of votes that is not fixed says less`() {
    let pair = (0...100).filter { k in
      areCompatible((k, 100), (50, 100), by: .betaMixture) && !areCompatible((k, 100), (50, 100), by: .clopperPearson)
    }
    #expect(!pair.isEmpty)
    #expect(
      !(0...100).contains { k in
        areCompatible((k, 100), (50, 100), by: .clopperPearson) && !areCompatible((k, 100), (50, 100), by: .betaMixture)
      })
  }
}
