import Noise
import Statistics
import Testing

@Suite("Normals are normal")
struct NormalityTests {
  static let count = 2_000_000
  /// p-values below this fail; the seeds are fixed, so that a pass stays a pass.
  static let significance = 1e-4
  /// Standard errors a moment may be off, 5e-7 of them by chance.
  static let standardErrors = 5.0

  struct Source: Sendable, CustomTestStringConvertible {
    let seed: UInt64
    let purpose: NoisePurpose
    /// Normals from one vote; the others come from the next votes, as in use.
    let perVote: Int
    var testDescription: String { "seed \(seed), \(purpose), \(perVote) a vote" }

    func normals() -> [Double] {
      (0..<UInt32(count / perVote)).flatMap { vote in
        NoiseStream(seed: seed, image: 0, vote: vote, purpose: purpose).normals(count: perVote).map(Double.init)
      }
    }
  }

  static let sources = [
    Source(seed: 1, purpose: .estimationSmoothing, perVote: count),
    Source(seed: 0x9E37_79B9_7F4A_7C15, purpose: .selectionClassifier, perVote: 2000),
  ]

  @Test("by Kolmogorov and Smirnov, by four moments and by their tails", arguments: sources)
  func distribution(source: Source) {
    let normals = source.normals()
    #expect(normals.count == Self.count)
    #expect(Self.problems(normals).isEmpty, "\(Self.problems(normals))")
  }

  @Test("and would be found out if too wide by a hundredth, cut off, moved or all positive")
  func plantedFaults() {
    let normals = Self.sources[0].normals()
    #expect(Self.problems(normals.map { $0 * 1.01 }).contains("distance"))
    #expect(Self.problems(normals.map { max(-3.5, min(3.5, $0)) }).contains("tail beyond 4.0"))
    #expect(Self.problems(normals.map { $0 + 0.01 }).contains("moment 1"))
    #expect(Self.problems(normals.map { abs($0) }).contains("moment 3"))
  }

  /// What is wrong with supposed normals: nothing if they are.
  static func problems(_ normals: [Double]) -> [String] {
    var problems: [String] = []
    let n = Double(normals.count)
    let distance = KolmogorovSmirnov.distance(normals, cdf: NormalDistribution.cdf)
    if KolmogorovSmirnov.pValue(distance: distance, count: normals.count) < significance { problems += ["distance"] }
    // E z, E z², E z³, E z⁴ = 0, 1, 0, 3, of variance 1, 2, 15, 96.
    let moments: [(expected: Double, variance: Double)] = [(0, 1), (1, 2), (0, 15), (3, 96)]
    for (index, moment) in moments.enumerated() {
      let mean = normals.reduce(0.0) { sum, z in sum + (0..<index).reduce(z) { power, _ in power * z } } / n
      if abs(mean - moment.expected) > standardErrors * (moment.variance / n).squareRoot() {
        problems += ["moment \(index + 1)"]
      }
    }
    for edge in [2.0, 3.0, 4.0, 4.5] {
      for beyond in [normals.count { $0 > edge }, normals.count { $0 < -edge }] {
        let p = BinomialTest.twoSided(
          successes: beyond, trials: normals.count, probability: NormalDistribution.survival(edge))
        if p < significance { problems += ["tail beyond \(edge)"] }
      }
    }
    return problems
  }
}
