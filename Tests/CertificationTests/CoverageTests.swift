import Basics
import Certification
import Statistics
import Testing

/// Whether the bound is violated no more often than α, and whether this suite would notice if it were.
@Suite struct CoverageTests {
  static let repetitions = 20_000
  static let alpha = 0.05
  static let sigma = PixelNoise(0.5)
  /// At p = ½ the bound of 30 votes is violated with probability 0.0494 and that of 13 with 0.0461: close to α, so a
  /// fault shows.
  static let samples = 30
  static let firstLook = 13

  /// The bound of k successes in n votes, by n and k, for the planted faults.
  static let bounds = [firstLook, samples].reduce(into: [Int: [Double]]()) { bounds, n in
    bounds[n] = (0...n).map { ClopperPearson.lowerBound(successes: $0, trials: n, alpha: alpha) }
  }

  /// CERTIFY, or CERTIFY with a planted fault.
  enum Procedure: String, CaseIterable {
    case sound
    /// The estimation votes are the selection votes.
    case reusedSelectionVotes
    /// Half of the estimation votes are the selection votes.
    case someReusedSelectionVotes
    /// c_A is the class with most estimation votes.
    case classChosenOnEstimationVotes
    /// The bound is computed at α after 13 and after 30 votes, and the larger one is claimed.
    case twoLooksAtFullAlpha
    /// The better of two settings is claimed, each at α.
    case betterOfTwoSettingsAtFullAlpha
  }

  /// What the procedure claims for simulated image `index`, and the truth about the class it claims it for.
  static func claim(
    _ procedure: Procedure, _ classifier: CategoricalClassifier, index: Int
  ) async throws -> CoverageExperiment.Claim {
    var votes = SequentialVotes(
      classifier: try SmoothedClassifier(base: classifier, sigma: sigma), seed: 7, image: UInt32(index))
    let selectionSamples =
      switch procedure {
      case .reusedSelectionVotes: samples
      case .someReusedSelectionVotes: samples / 2
      default: 9
      }
    let certify = try Certify(selectionSamples: selectionSamples, samples: samples, alpha: alpha)
    /// The bound from the first `samples` estimation votes.
    func bound(_ estimation: [Vote], label: Int, samples: Int = samples) -> Double {
      let counts = VoteCounts(estimation.prefix(samples), classCount: votes.classCount)
      return bounds[samples]?[counts.perClass[label]] ?? .nan
    }

    let label: Int
    var pLower: Double
    switch procedure {
    case .sound:
      let result = try await certify(votes, sigma: sigma)
      (label, pLower) = (result.candidate, result.certificate.pLower)
    case .reusedSelectionVotes, .someReusedSelectionVotes:
      // The first n₀ of the n estimation votes are the selection votes.
      votes.purposeUsed = { _ in .selection }
      let result = try await certify(votes, sigma: sigma)
      (label, pLower) = (result.candidate, result.certificate.pLower)
    case .classChosenOnEstimationVotes:
      let estimation = try votes.votes(0..<samples, for: .estimation)
      label = VoteCounts(estimation, classCount: votes.classCount).leader
      pLower = bound(estimation, label: label)
    case .twoLooksAtFullAlpha, .betterOfTwoSettingsAtFullAlpha:
      label =
        SelectionVotes(
          VoteCounts(try votes.votes(0..<selectionSamples, for: .selection), classCount: votes.classCount)
        ).candidate
      let estimation = try votes.votes(0..<samples, for: .estimation)
      pLower = bound(estimation, label: label)
      if procedure == .twoLooksAtFullAlpha {
        pLower = max(pLower, bound(estimation, label: label, samples: firstLook))
      } else {
        votes.seed += 1
        pLower = max(pLower, bound(try votes.votes(0..<samples, for: .estimation), label: label))
      }
    }
    return CoverageExperiment.Claim(bound: pLower, truth: classifier.probabilities[label])
  }

  static func violations(
    using procedure: Procedure, probabilities: [Double]
  ) async throws -> CoverageExperiment {
    let classifier = CategoricalClassifier(probabilities: probabilities)
    var claims: [CoverageExperiment.Claim] = []
    for index in 0..<repetitions { claims.append(try await claim(procedure, classifier, index: index)) }
    return CoverageExperiment.run(repetitions: repetitions) { claims[$0] }
  }

  /// An experiment in which this many claims were violated.
  static func experiment(_ violations: Int) -> CoverageExperiment {
    CoverageExperiment.run(repetitions: repetitions) { .init(bound: $0 < violations ? 1 : 0, truth: 0.5) }
  }

  /// The violation rate of a procedure at two classes of probability ½ each, by enumeration.
  static func expectedRate(_ procedure: Procedure) -> Double {
    func pmf(_ k: Int, _ n: Int) -> Double { BinomialDistribution(trials: n, probability: 0.5).pmf(k) }
    func violates(_ k: Int, _ n: Int) -> Bool {
      ClopperPearson.lowerBound(successes: k, trials: n, alpha: alpha) > 0.5
    }
    /// Σ over the counts of a first and a second part of the n votes.
    func sum(first: Int, _ condition: (_ first: Int, _ second: Int) -> Bool) -> Double {
      var total = 0.0
      for one in 0...first {
        for two in 0...samples - first where condition(one, two) {
          total += pmf(one, first) * pmf(two, samples - first)
        }
      }
      return total
    }
    let single = sum(first: 0) { _, k in violates(k, samples) }
    return switch procedure {
    case .sound: single
    case .reusedSelectionVotes, .classChosenOnEstimationVotes: 2 * single
    case .someReusedSelectionVotes:
      sum(first: samples / 2) { one, two in
        let leads = 2 * one >= samples / 2
        return violates(leads ? one + two : samples - one - two, samples)
      }
    case .twoLooksAtFullAlpha:
      sum(first: firstLook) { one, two in violates(one, firstLook) || violates(one + two, samples) }
    case .betterOfTwoSettingsAtFullAlpha: 1 - (1 - single) * (1 - single)
    }
  }

  @Test(
    "The bound of CERTIFY exceeds the class's probability no more often than α",
    arguments: [
      [0.5, 0.5], [Double](repeating: 0.1, count: 10), [0.2, 0.7, 0.1], [0.1, 0.9],
      // Five per cent of the votes are invalid.
      [0.6, 0.35],
    ])
  func soundProcedure(probabilities: [Double]) async throws {
    let coverage = try await Self.violations(using: .sound, probabilities: probabilities)
    #expect(coverage.isConsistent(withLevel: Self.alpha), "violated at a rate of \(coverage.rate)")
    // The simulation does reach the bound: no violation at all would mean that it tests nothing.
    #expect(coverage.violations > 0)
    if probabilities == [0.5, 0.5] {
      let expected = Self.expectedRate(.sound)
      #expect(abs(coverage.rate - expected) < 5 * (expected / Double(Self.repetitions)).squareRoot())
    }
  }

  @Test("Each planted fault violates the bound more often than α allows", arguments: Procedure.allCases.dropFirst())
  func plantedFault(fault: Procedure) async throws {
    let expected = Self.expectedRate(fault)
    let deviation = (expected * (1 - expected) / Double(Self.repetitions)).squareRoot()
    // The power of the test, stated: the probability of so few violations that the fault would pass.
    let mean = Int(Self.alpha * Double(Self.repetitions))
    let detected = (mean...2 * mean).first { !Self.experiment($0).isConsistent(withLevel: Self.alpha) }
    let miss = BinomialTest.less(
      successes: try #require(detected) - 1, trials: Self.repetitions, probability: expected)
    #expect(miss < 1e-6)

    let coverage = try await Self.violations(using: fault, probabilities: [0.5, 0.5])
    #expect(!coverage.isConsistent(withLevel: Self.alpha), "the fault passes: a rate of \(coverage.rate)")
    #expect(abs(coverage.rate - expected) < 5 * deviation, "rate \(coverage.rate), computed \(expected)")
  }

  @Test("PREDICT returns a wrong class no more often than α, and the leader without a test far more often")
  func prediction() async throws {
    let classifier = try SmoothedClassifier(
      base: CategoricalClassifier(probabilities: [0.5, 0.5]), sigma: Self.sigma)
    let predict = try Predict(samples: Self.samples, alpha: Self.alpha)
    var answered = 0
    var led = 0
    for index in 0..<Self.repetitions {
      let result = try await predict(SequentialVotes(classifier: classifier, seed: 11, image: UInt32(index)))
      if result.label != nil { answered += 1 }
      if result.counts.perClass[0] != result.counts.perClass[1] { led += 1 }
    }
    // With equal probabilities either answer is as wrong as the other.
    #expect(Self.experiment(answered).isConsistent(withLevel: Self.alpha))
    #expect(answered > 0)
    #expect(!Self.experiment(led).isConsistent(withLevel: Self.alpha))
  }
}
