import Basics
import Certification
import Statistics
import Testing

/// Whether anytime certification claims too much no more often than α at *any* moment, and whether this suite would
/// notice if it did.
@Suite struct AnytimeCoverageTests {
  static let repetitions = 20_000
  static let alpha = 0.05
  static let sigma = PixelNoise(0.5)
  static let budget = 48

  /// Anytime certification, or the same with a planted fault.
  enum Procedure: String, CaseIterable {
    case sound
    /// The estimation votes are the selection votes.
    case reusedSelectionVotes
    /// Votes are counted as they finish, successes first within every 16.
    case completionOrder
    /// The fixed-n bound, looked at after every vote.
    case peekingAtAFixedBound
    /// A class that has no vote among the first 8 is never voted for again: those votes go to the candidate.
    case pruningAcrossVotes
  }

  static func claim(
    _ procedure: Procedure, _ classifier: CategoricalClassifier, index: Int
  ) async throws -> CoverageExperiment.Claim {
    var votes = SequentialVotes(
      classifier: try SmoothedClassifier(base: classifier, sigma: sigma), seed: 21, image: UInt32(index))
    let rule = try AnytimeTolerance(
      selectionSamples: procedure == .reusedSelectionVotes ? budget : 5, budget: budget, alpha: alpha, tolerance: 0)
    switch procedure {
    case .sound:
      let result = try await rule(votes, sigma: sigma)
      return .init(bound: result.certificate.pLower, truth: classifier.probabilities[result.candidate])
    case .reusedSelectionVotes:
      votes.purposeUsed = { _ in .selection }
      let result = try await rule(votes, sigma: sigma)
      return .init(bound: result.certificate.pLower, truth: classifier.probabilities[result.candidate])
    default: break
    }
    let label = SelectionVotes(
      VoteCounts(try votes.votes(0..<5, for: .selection), classCount: votes.classCount)
    ).candidate
    var successes = try votes.votes(0..<budget, for: .estimation).map { $0.choice == .label(label) }
    switch procedure {
    case .completionOrder:
      successes = stride(from: 0, to: budget, by: 16).flatMap { start in
        successes[start..<min(start + 16, budget)].sorted { $0 && !$1 }
      }
    case .pruningAcrossVotes:
      if successes.prefix(8).allSatisfy({ $0 }) { for place in 8..<budget { successes[place] = true } }
    default: break
    }
    var bound = 0.0
    if procedure == .peekingAtAFixedBound {
      var count = 0
      for (place, success) in successes.enumerated() {
        count += success ? 1 : 0
        bound = max(bound, fixedBounds[place + 1][count])
      }
    } else {
      var running = AnytimeLowerBound(alpha: alpha)
      for success in successes { running.add(success: success) }
      bound = running.bound
    }
    return .init(bound: bound, truth: classifier.probabilities[label])
  }

  /// Clopper–Pearson by n and k.
  static let fixedBounds = (0...budget).map { n in
    (0...n).map { ClopperPearson.lowerBound(successes: $0, trials: n, alpha: alpha) }
  }

  static func violations(using procedure: Procedure, probabilities: [Double]) async throws -> CoverageExperiment {
    let classifier = CategoricalClassifier(probabilities: probabilities)
    var claims: [CoverageExperiment.Claim] = []
    for index in 0..<repetitions { claims.append(try await claim(procedure, classifier, index: index)) }
    return CoverageExperiment.run(repetitions: repetitions) { claims[$0] }
  }

  @Test(
    "The running maximum exceeds the class's probability no more often than α", arguments: [[0.5, 0.5], [0.1, 0.9]])
  func soundProcedure(probabilities: [Double]) async throws {
    let coverage = try await Self.violations(using: .sound, probabilities: probabilities)
    #expect(coverage.isConsistent(withLevel: Self.alpha), "violated at a rate of \(coverage.rate)")
    #expect(coverage.violations > 0)
  }

  /// 20 000 repetitions tell a rate of 0.058 from 0.05 all but surely; every fault's rate is far above.
  @Test("Each planted fault is noticed", arguments: Procedure.allCases.dropFirst())
  func plantedFault(fault: Procedure) async throws {
    let probabilities =
      switch fault {
      case .pruningAcrossVotes: [0.2, 0.8]
      // The more classes there are, the luckier is the one that leads.
      case .reusedSelectionVotes: [Double](repeating: 0.1, count: 10)
      default: [0.5, 0.5]
      }
    let coverage = try await Self.violations(using: fault, probabilities: probabilities)
    #expect(!coverage.isConsistent(withLevel: Self.alpha), "the fault passes: a rate of \(coverage.rate)")
  }
}
