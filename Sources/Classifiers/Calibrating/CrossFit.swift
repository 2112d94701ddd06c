/// What fitted weights and a race are worth on votes that fitted nothing: each vote is judged by what the votes of the
/// other folds teach.
///
/// Every vote is judged once, and none has a part in the weights or margins that judge it. The classifiers judged are
/// fitted on fewer votes than the one that is kept, so that they are rather worse than better.
public struct CrossFit: Hashable, Sendable {
  /// Judgements of all votes.
  public struct Score: Hashable, Sendable {
    public var votes = 0
    /// Votes that the race gets right.
    public var correct = 0
    /// Votes that every class at every level gets right.
    public var fullCorrect = 0
    /// Denoiser evaluations of the race, without x̂.
    public var evaluations = 0

    public var accuracy: Double { Double(correct) / Double(votes) }
    public var fullAccuracy: Double { Double(fullCorrect) / Double(votes) }
    public var evaluationsPerVote: Double { Double(evaluations) / Double(votes) }
  }

  /// One fold: its votes, those of the others, and the weights that the others teach.
  private struct Fold: Hashable, Sendable {
    var judged: [CalibrationSample]
    var taught: [CalibrationSample]
    var fit: WeightFit
  }

  private let folds: [Fold]

  /// - Parameters:
  ///   - levels: places in the samples' grid in the order of evaluation, chosen without these samples.
  ///   - most: how many folds at most.
  /// - Precondition: at least two samples.
  public init(levels: [Int], samples: [CalibrationSample], most: Int = 5) {
    precondition(samples.count >= 2 && most >= 2, "votes to learn from and votes to judge")
    let count = min(most, samples.count)
    folds = (0..<count).map { fold in
      let taught = samples.indices.filter { $0 % count != fold }.map { samples[$0] }
      let judged = samples.indices.filter { $0 % count == fold }.map { samples[$0] }
      return Fold(judged: judged, taught: taught, fit: WeightFit(levels: levels, samples: taught))
    }
  }

  /// Judges every vote under a race that may lose a given share of the votes it learns from.
  public func score(share: Double) -> Score {
    folds.reduce(into: Score()) { score, fold in
      let race = RaceCalibration(
        levels: fold.fit.levels, weights: fold.fit.weights, samples: fold.taught, share: share)
      for sample in fold.judged {
        let result = race.judge(sample)
        score.votes += 1
        score.correct += result.winner == sample.label ? 1 : 0
        score.fullCorrect += race.fullWinner(sample) == sample.label ? 1 : 0
        score.evaluations += result.evaluations
      }
    }
  }
}
