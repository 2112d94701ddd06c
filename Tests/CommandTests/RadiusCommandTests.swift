import Foundation
import Testing

@Suite("ndc radius", .enabled(if: Program.isBuilt, Program.absent))
struct RadiusCommandTests {
  struct Answer: Decodable {
    var pLower: Double
    var radius: Double
    var abstained: Bool
  }

  struct Case {
    var successes: Int
    var samples: Int
    var alpha: Double
    var sigma: Double
    var pLower: Double
    /// nil for an abstention.
    var radius: Double?
  }

  /// scipy.stats: beta.ppf(alpha, k, n - k + 1) and sigma * norm.ppf of it (SciPy 1.x, Python 3).
  static let cases = [
    Case(
      successes: 9990, samples: 10_000, alpha: 0.001, sigma: 0.5, pLower: 0.9975883080325683,
      radius: 1.4092991501991226),
    Case(
      successes: 100, samples: 100, alpha: 0.001, sigma: 0.25, pLower: 0.933254300796991, radius: 0.3751187560301591),
    Case(successes: 99, samples: 100, alpha: 0.05, sigma: 1, pLower: 0.9534401885464611, radius: 1.6791663765068008),
    Case(
      successes: 55_000, samples: 100_000, alpha: 0.001, sigma: 0.12, pLower: 0.5451301788000713,
      radius: 0.01360403376330356),
    Case(successes: 60, samples: 100, alpha: 0.001, sigma: 0.25, pLower: 0.4409842652212994, radius: nil),
    Case(successes: 1, samples: 1, alpha: 0.001, sigma: 0.25, pLower: 0.001, radius: nil),
    Case(successes: 0, samples: 100, alpha: 0.001, sigma: 0.5, pLower: 0, radius: nil),
  ]

  /// How far below SciPy's values bounds and radii may be, relatively; above them they are by SciPy's own rounding alone.
  static let below = 1e-7
  static let above = 1e-15

  @Test("prints the bound and the radius in full precision", arguments: cases)
  func answers(_ expected: Case) throws {
    let ending = try Program.run(
      "radius --successes \(expected.successes) --samples \(expected.samples) --alpha \(expected.alpha) "
        + "--sigma \(expected.sigma) --json")
    #expect(ending.status == 0)
    let answer = try ending.json(Answer.self)
    for (found, exact) in [(answer.pLower, expected.pLower), (answer.radius, expected.radius ?? 0)] {
      #expect(found <= exact * (1 + Self.above) && found >= exact * (1 - Self.below), "\(found) for \(exact)")
    }
    #expect(answer.abstained == (expected.radius == nil))
  }

  @Test("tells people the radius rounded down, or that it abstains")
  func words() throws {
    let certified = try Program.run("radius --successes 9990 --samples 10000 --sigma 0.5")
    #expect(certified.output.contains("1.409299"))
    #expect(certified.output.contains("0.997588"))
    let abstained = try Program.run("radius --successes 60 --samples 100 --sigma 0.25")
    #expect(abstained.output.contains("abstain"))
    #expect(abstained.status == 0)
  }

  @Test(
    "refuses impossible and missing options as bad usage",
    arguments: [
      ("--successes 5 --samples 4 --sigma 1", "successes"), ("--successes -1 --samples 4 --sigma 1", "successes"),
      ("--successes 0 --samples 0 --sigma 1", "samples"),
      ("--successes 1 --samples 9000000000000000000 --sigma 1 --stop anytime", "samples"),
      ("--successes 1 --samples 4 --sigma 0", "noise"),
      ("--successes 1 --samples 4 --sigma nan", "noise"), ("--successes 1 --samples 4 --sigma 1 --alpha 0", "alpha"),
      ("--successes 1 --samples 4 --sigma 1 --alpha 1", "alpha"), ("--successes 1 --samples 4", "--sigma"),
      ("--samples 4 --sigma 1", "--successes"), ("--successes 1 --sigma 1", "--samples"),
      ("--successes one --samples 4 --sigma 1", "one"),
    ])
  func refusals(_ options: String, _ named: String) throws {
    let ending = try Program.run("radius " + options + " --json")
    #expect(ending.status == 64)
    #expect(ending.output.isEmpty)
    #expect(ending.errors.contains(named))
  }
}
