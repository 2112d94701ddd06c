import Basics
import Statistics

/// What counting an image's votes once more came to.
public struct Recount: Hashable, Sendable {
  /// The votes after which counting ended.
  public var samples: Int
  /// Why it ended; nil where it would have gone on.
  public var stopReason: StopReason?
  /// Where the sequence was largest.
  public var bound: Bound
}

extension AnytimeRule {
  /// Counts the votes again where their places are kept, or they all went the same way; of others, holds the end of
  /// counting against what it can have been in any order.
  public func examine(_ claim: ClaimedCount, sigma: PixelNoise) -> Examination {
    var examination = examine(claim)
    if let contradiction = contradiction(inVotes: claim.samples) { examination.contradictions.append(contradiction) }
    guard examination.contradictions.isEmpty, let bound = examination.bound else { return examination }
    if let against = claim.against {
      let failed = claim.samples - claim.successes
      examination.require(against.count, failed, "against", "not as many places as votes against the candidate")
      examination.require(
        claim.samples <= VotesAgainst.mostTrials, "against", "places of more votes than they are kept of",
        expected: "at most \(VotesAgainst.mostTrials)", found: "\(claim.samples)")
      examination.require(
        against.span <= claim.samples, "against", "a place beyond the votes", expected: "at most \(claim.samples - 1)",
        found: "\(against.span - 1)")
    }
    guard examination.contradictions.isEmpty else { return examination }
    if let against = claim.against ?? onlyOrder(of: claim, bound) {
      hold(claim, bound, against: recount(against, of: claim.samples, sigma: sigma), &examination)
    } else if let end = endBeforeMaximum(bound, sigma) {
      examination.require(
        claim.samples, end, "samples", "counting had ended before where the bound is said to be largest")
    } else if let contradiction = contradiction(inStopOf: claim, bound: bound, sigma: sigma) {
      examination.contradictions.append(contradiction)
    }
    return examination
  }

  /// Where votes were against if the bound is of all that agreed, and none against before them; nil where their order
  /// is open.
  private func onlyOrder(of claim: ClaimedCount, _ bound: Bound) -> VotesAgainst? {
    guard claim.samples <= VotesAgainst.mostTrials, bound.successes == bound.samples,
      claim.successes == bound.successes
    else { return nil }
    return VotesAgainst(bound.samples..<claim.samples)
  }

  /// Where counting had ended if the bound is of votes that all agreed, but not all that did; nil where it goes on.
  private func endBeforeMaximum(_ bound: Bound, _ sigma: PixelNoise) -> Int? {
    guard bound.successes == bound.samples, bound.samples <= VotesAgainst.mostTrials else { return nil }
    let recount = recount(VotesAgainst([]), of: bound.samples, sigma: sigma)
    return recount.stopReason.map { _ in recount.samples }
  }

  private func hold(_ claim: ClaimedCount, _ bound: Bound, against recount: Recount, _ examination: inout Examination) {
    guard let reason = recount.stopReason else {
      examination.require(
        false, "samples", "counting the votes again does not end there", expected: "more votes",
        found: "\(claim.samples)")
      return
    }
    examination.require(claim.samples, recount.samples, "samples", "counting the votes again ends elsewhere")
    examination.require(
      claim.stopReason == reason.rawValue, "stopReason", "counting the votes again ends for another reason",
      expected: reason.rawValue, found: claim.stopReason ?? "nothing")
    examination.require(
      bound == recount.bound, "bound", "not where counting the votes again finds it largest",
      expected: "\(recount.bound.successes) of \(recount.bound.samples)",
      found: "\(bound.successes) of \(bound.samples)")
    examination.bound = recount.bound
  }
}

extension ClaimedCount {
  /// The running minimum of the upper sequence that futility looks at, whose value hangs on the order of votes: at
  /// least and at most this, if (k*, n*) is where the lower sequence was largest.
  func upperBounds(_ attained: Certification.Bound) -> ClosedRange<Double> {
    func upper(_ successes: Int, _ trials: Int) -> Double {
      ConfidenceSequence.upperBound(successes: successes, trials: trials, alpha: Futility.level)
    }
    // The least where each part's votes against come first; the most where nothing but what must be is seen.
    let failures = attained.samples - attained.successes
    let later = samples - successes - failures
    let least = min(upper(0, failures), upper(attained.successes, attained.samples + later))
    let most = min(upper(attained.successes, attained.samples), upper(successes, samples))
    return min(least, most)...most
  }
}
