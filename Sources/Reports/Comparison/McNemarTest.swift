import Basics
import Statistics

/// McNemar's exact test of two classifiers on the same images (1947): only images on which they differ speak.
///
/// Of the b + c images that exactly one of the two certifies, each is either's with probability ½ if they are equally
/// good: p is the two-sided binomial test of b among b + c. 1 where they never differ.
public struct McNemarTest: Hashable, Sendable, Encodable {
  public let both: Int
  public let onlyA: Int
  public let onlyB: Int
  public let neither: Int
  /// 0 where no double is as small.
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

extension McNemarTest {
  private enum CodingKeys: CodingKey { case both, onlyA, onlyB, neither, pValue, pValueIsBelow }

  /// Below 10⁻³⁰⁰ doubles lose digits and become 0, which no p is: that number is written then, and that p is below it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(both, forKey: .both)
    try container.encode(onlyA, forKey: .onlyA)
    try container.encode(onlyB, forKey: .onlyB)
    try container.encode(neither, forKey: .neither)
    try container.encode(max(pValue, DecimalText.smallestProbability), forKey: .pValue)
    if pValue < DecimalText.smallestProbability { try container.encode(true, forKey: .pValueIsBelow) }
  }
}
