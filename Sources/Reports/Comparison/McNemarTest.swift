import Statistics

/// McNemar's exact test of two classifiers on the same images (1947): only images on which they differ speak.
///
/// Of the b + c images that exactly one of the two certifies, each is either's with probability ½ if they are equally
/// good: p is the two-sided binomial test of b among b + c. 1 where they never differ.
public struct McNemarTest: Hashable, Sendable, Codable {
  public let both: Int
  public let onlyA: Int
  public let onlyB: Int
  public let neither: Int
  public let pValue: Double

  /// - Precondition: as many outcomes of A as of B.
  public init(a: [Bool], b: [Bool]) {
    precondition(a.count == b.count, "the same images")
    both = zip(a, b).count { $0 && $1 }
    onlyA = zip(a, b).count { $0 && !$1 }
    onlyB = zip(a, b).count { !$0 && $1 }
    neither = a.count - both - onlyA - onlyB
    pValue = BinomialTest.twoSided(successes: max(onlyA, onlyB), trials: onlyA + onlyB)
  }
}
