import Basics
import Certification
import Classifiers
import Foundation
import Statistics
import Testing

/// Certified radii against true robust radii, through the real classifiers, votes and rules.
@Suite struct RadiusSoundnessTests {
  /// NDC_SOUNDNESS asks for more certifications per case.
  static let repetitions = Int(ProcessInfo.processInfo.environment["NDC_SOUNDNESS"] ?? "") ?? 1000
  static let samples = 80
  static let eliminations: [(name: String, value: Elimination)] = [
    ("none", .none), ("race", .race(Race(rule: .halving))),
    ("sift", .siftAndRefine(SiftAndRefine(siftLevels: 1, siftThreshold: 0.1, refineThreshold: 0.1))),
  ]

  enum Fault: String, CaseIterable {
    case doubledAlpha, reusedVotes, peeking, modelSpaceRadius, pointEstimate
  }

  /// Certifications of one image whose radius exceeds the true one.
  static func violations(
    _ clusters: PointClusters, _ classifier: SmoothedClassifier, at x: [Double], _ rule: CertificationRule,
    fault: Fault? = nil, repetitions: Int = repetitions
  ) async throws -> CoverageExperiment {
    let truth = clusters.points.indices.map { clusters.trueRadius(of: $0, at: x) }
    let sigma = PixelNoise(clusters.sigma)
    var count = 0
    for index in 0..<repetitions {
      var votes = PlaneVotes(classifier: classifier, x: x, seed: 2024, image: UInt32(index))
      if fault == .reusedVotes { votes.purposeUsed = { _ in .selection } }
      var radius: Double?
      let result = try await rule(votes, sigma: sigma)
      switch fault {
      case .peeking:
        var successes = 0
        for (place, vote) in try votes.votes(0..<samples, for: .estimation).enumerated() {
          if vote.choice == .label(result.candidate) { successes += 1 }
          let look = try Certificate.bound(successes: successes, samples: place + 1, alpha: rule.alpha, sigma: sigma)
          radius = [radius, look.radius].compactMap { $0 }.max()
        }
      case .modelSpaceRadius: radius = result.outcome.radius.map { 2 * $0 }
      case .pointEstimate:
        let share = Double(result.estimation.successes(of: result.candidate)) / Double(samples)
        radius = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: share)
      default: radius = result.outcome.radius
      }
      if let radius, radius > truth[result.candidate] { count += 1 }
    }
    return CoverageExperiment(repetitions: repetitions, violations: count)
  }

  static func report(_ name: String, _ alpha: Double, _ found: CoverageExperiment, expected: Double? = nil) {
    let limits = ClopperPearson.interval(successes: found.violations, trials: found.repetitions)
    let text = [found.rate, limits.lowerBound, limits.upperBound].map { String(format: "%.4f", $0) }
    print(
      "| \(name) | \(alpha) | \(found.violations) of \(found.repetitions) | \(text[0]) | \(text[1]) – \(text[2]) |"
        + (expected.map { String(format: " %.4f |", $0) } ?? " |"))
  }

  /// P(k votes or more of n), k the least whose Clopper–Pearson bound exceeds p: what a sound run must show.
  static func exactRate(_ p: Double, alpha: Double) -> Double {
    let least =
      (0...samples).first { ClopperPearson.lowerBound(successes: $0, trials: samples, alpha: alpha) > p } ?? samples + 1
    return BinomialDistribution(trials: samples, probability: p).survival(least - 1)
  }

  static func rule(_ alpha: Double, anytime: Bool, selection: Int = 15) throws -> CertificationRule {
    anytime
      ? .tolerance(
        try AnytimeTolerance(selectionSamples: selection, budget: samples, alpha: alpha, tolerance: 0))
      : .fixed(try Certify(selectionSamples: selection, samples: samples, alpha: alpha))
  }

  /// A probability of class 1 that makes the bound's discrete level all but α, near 0.8, and where it is attained.
  static func straight(_ alpha: Double) -> (p: Double, x: [Double]) {
    let p = ClopperPearson.lowerBound(successes: 70, trials: samples, alpha: alpha) - 1e-5
    return (p, [0.5 + PointClusters.halves.sigma * NormalDistribution.quantile(p), 0.4])
  }

  @Test(
    "Across a straight boundary radii are too large at the exact rate of their bound, at most α",
    arguments: [ClassificationMethod.diffusion, .approximatePosterior, .exactPosterior], [0.05, 0.1])
  func straightBoundary(method: ClassificationMethod, alpha: Double) async throws {
    let (p, x) = Self.straight(alpha)
    for (name, elimination) in Self.eliminations {
      let classifier = try PointClusters.halves.classifier(method, elimination: elimination)
      for anytime in [false, true] {
        let found = try await Self.violations(
          .halves, classifier, at: x, Self.rule(alpha, anytime: anytime))
        let exact = Self.exactRate(p, alpha: alpha)
        let isExact = !anytime && method != .exactPosterior
        Self.report(
          "straight, \(method.rawValue), \(name), \(anytime ? "anytime" : "fixed")", alpha, found,
          expected: isExact ? exact : nil)
        #expect(found.isConsistent(withLevel: alpha))
        // epndc's own noise leaves slack; the others must also not be too careful.
        if isExact {
          let pValue = BinomialTest.twoSided(successes: found.violations, trials: found.repetitions, probability: exact)
          #expect(pValue > 1e-5, "\(name): \(found.rate) instead of \(exact)")
        }
      }
    }
  }

  @Test("A classifier with noise of its own is certified soundly, whatever a vote drops", arguments: [0.05, 0.1])
  func noisyClassifier(alpha: Double) async throws {
    for (name, elimination) in Self.eliminations {
      let classifier = try PointClusters.noisyHalves.classifier(elimination: elimination)
      for anytime in [false, true] {
        let found = try await Self.violations(
          .noisyHalves, classifier, at: [0.53, 0.4], Self.rule(alpha, anytime: anytime))
        Self.report("noisy, dc, \(name), \(anytime ? "anytime" : "fixed")", alpha, found)
        #expect(found.isConsistent(withLevel: alpha))
      }
    }
  }

  @Test("Across curved boundaries radii are too large no more often than α", arguments: [0.05, 0.1])
  func curvedBoundary(alpha: Double) async throws {
    let classifier = try PointClusters.wedges.classifier()
    for x in [[0.15, 0.3], [0.45, 0.5]] {
      for anytime in [false, true] {
        let found = try await Self.violations(
          .wedges, classifier, at: x, Self.rule(alpha, anytime: anytime), repetitions: Self.repetitions)
        Self.report("curved, dc, \(x), \(anytime ? "anytime" : "fixed")", alpha, found)
        #expect(found.isConsistent(withLevel: alpha))
      }
    }
  }

  @Test("Each planted fault is found out", arguments: Fault.allCases)
  func plantedFault(fault: Fault) async throws {
    let alpha = 0.05
    let classifier = try PointClusters.halves.classifier()
    // Votes that choose and count err most where both classes are as likely.
    let x = fault == .reusedVotes ? [0.5 + 1e-6, 0.4] : Self.straight(fault == .doubledAlpha ? 2 * alpha : alpha).x
    let rule = try Self.rule(
      fault == .doubledAlpha ? 2 * alpha : alpha, anytime: false,
      selection: fault == .reusedVotes ? Self.samples : 15)
    let found = try await Self.violations(
      .halves, classifier, at: x, rule, fault: fault, repetitions: max(3000, Self.repetitions))
    Self.report("fault: \(fault.rawValue)", alpha, found)
    #expect(!found.isConsistent(withLevel: alpha), "the fault passes: \(found.rate)")
  }
}
