import Foundation
import Statistics
import TestSupport
import Testing

@Suite("Giving up on a bound", .serialized)
struct FutilityTests {
  /// NDC_FUTILITY=4000 prints the tables of Docs/Statistics.md.
  static let images = Int(ProcessInfo.processInfo.environment["NDC_FUTILITY"] ?? "")
  static let chances = [0.01, 0.003, 0.001, 0.0003, 0.0001, 0]
  static let alpha = 0.001

  static func experiment(
    _ probability: Double, radius: Double, budget: Int, chances: [Double] = chances
  ) throws -> FutilityExperiment {
    let bound = try #require(CertifiedRadius.lowerBoundNeeded(for: radius, sigma: 0.5))
    let futility = try #require(Futility(bound: bound, budget: budget, alpha: alpha))
    return FutilityExperiment(probability: probability, futility: futility, alpha: alpha, chances: chances)
  }

  /// The figure of Docs/Statistics.md.
  static let lostAtMost = 0.01

  @Test("loses at p = 0.86 no more of the images than is stated, and would be found out at a chance of 0.01")
  func stated() throws {
    let images = 1200
    let tallies = try Self.experiment(0.86, radius: 0.5, budget: 10_000, chances: [Futility.chance, 0.01])
      .tallies(images: images, seed: 86)
    func pValue(_ lost: Int) -> Double {
      BinomialTest.greater(successes: lost, trials: images, probability: Self.lostAtMost)
    }
    #expect(pValue(tallies[0].lost) > 1e-3, "\(tallies[0].lost) of \(images)")
    #expect(pValue(tallies[1].lost) < 1e-3, "\(tallies[1].lost) of \(images)")
    // A rule that loses three times the figure is found out with a probability of 0.97.
    let convicted = try #require((0...images).first { pValue($0) <= 1e-3 })
    let power = BinomialDistribution(trials: images, probability: 3 * Self.lostAtMost).survival(convicted - 1)
    #expect(power > 0.95, "power \(power)")
  }

  @Test("lets go of hopeless images after less than half of the votes that the upper sequence takes")
  func hopeless() throws {
    for (probability, share) in [(0.8413, 0.4), (0.82, 0.5)] {
      let tallies = try Self.experiment(probability, radius: 0.5, budget: 10_000, chances: [Futility.chance, 0])
        .tallies(images: 100, seed: 5)
      #expect(Double(tallies[0].votes) < share * Double(tallies[1].votes), "\(probability): \(tallies)")
    }
  }

  @Test("is not considered while the chance is good, and certain once the rest cannot suffice")
  func ends() throws {
    let futility = try #require(Futility(bound: 0.8413, budget: 1000, alpha: 0.001))
    #expect(!futility.isHopeless(successes: 16, trials: 16, upperBound: 1))
    #expect(futility.isHopeless(successes: 16, trials: 16, upperBound: 0.84))
    let failures = 1000 - futility.successesNeeded + 1
    #expect(futility.isHopeless(successes: 1000 - failures, trials: 1000, upperBound: 1, chance: 1e-300))
    #expect(Futility(bound: 0.99, budget: 100, alpha: 0.001) == nil)
  }

  @Test(
    "what it costs and saves, over the probability", .enabled(if: images != nil),
    arguments: [(0.25, 1000), (0.5, 1000), (0.25, 10_000), (0.5, 10_000), (0.75, 10_000), (1, 10_000)])
  func table(radius: Double, budget: Int) throws {
    let images = try #require(Self.images)
    let target = NormalDistribution.cdf(radius / 0.5)
    // In standard deviations of the budget's share of successes, and far away.
    let spread = (target * (1 - target) / Double(budget)).squareRoot()
    var probabilities = [0.5, target - 0.05, target]
    probabilities += [2, 3, 4, 5, 6, 8, 12].map { target + $0 * spread }
    probabilities += [target + 0.4 * (1 - target), target + 0.8 * (1 - target)]
    print(
      "| target \(radius), budget \(budget): p | certified | " + Self.chances.map { "\($0)" }.joined(separator: " | "))
    for probability in probabilities.filter({ $0 < 1 }).sorted() {
      let tallies = try Self.experiment(probability, radius: radius, budget: budget)
        .tallies(images: images, seed: probability.bitPattern)
      let all = tallies[0].certified + tallies[0].lost
      let cells = tallies.map {
        String(
          format: "%.2f %% / %.0f", 100 * Double($0.lost) / Double(images), Double($0.votes) / Double(images))
      }
      let share = String(format: "%.4f | %.1f %%", probability, 100 * Double(all) / Double(images))
      print("| \(share) | " + cells.joined(separator: " | ") + " |")
    }
  }

  /// Images as the arcsine law has them, Beta(½, ½): most are easy or hopeless.
  @Test(
    "what it costs and saves, over images of every kind", .enabled(if: images != nil),
    arguments: [(0.25, 1000), (0.5, 1000), (0.25, 10_000), (0.5, 10_000), (0.75, 10_000), (1, 10_000)])
  func averages(radius: Double, budget: Int) throws {
    let images = try #require(Self.images)
    // Midpoints of equal shares of the law.
    let cells = 400
    var tallies = Self.chances.map { _ in FutilityExperiment.Tally() }
    for cell in 0..<cells {
      let sine = sin(Double.pi / 2 * (Double(cell) + 0.5) / Double(cells))
      let found = try Self.experiment(sine * sine, radius: radius, budget: budget)
        .tallies(images: images / 40, seed: UInt64(cell) + 1)
      for (place, tally) in found.enumerated() {
        tallies[place].certified += tally.certified
        tallies[place].lost += tally.lost
        tallies[place].votes += tally.votes
      }
    }
    let count = Double(cells * (images / 40))
    print(
      "| arcsine, target \(radius), budget \(budget) | chance | certified | lost | votes an image | votes a further certificate |"
    )
    var before: FutilityExperiment.Tally?
    for (chance, tally) in zip(Self.chances, tallies) {
      let price = before.map { Double(tally.votes - $0.votes) / Double(max(1, $0.lost - tally.lost)) }
      let shares = [tally.certified, tally.lost].map { String(format: "%.3f %%", 100 * Double($0) / count) }
      print(
        "| \(chance) | \(shares[0]) | \(shares[1]) | " + String(format: "%.1f", Double(tally.votes) / count) + " | "
          + (price.map { String(format: "%.0f", $0) } ?? "") + " |")
      before = tally
    }
  }
}
