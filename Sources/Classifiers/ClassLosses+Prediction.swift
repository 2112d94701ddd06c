import Foundation

extension ClassLosses {
  /// The place of arg min_y L_y, ties to the lowest; nil when a loss is NaN or none is finite.
  ///
  /// A vote without a prediction counts against c_A (Docs/Mathematics.md, What keeps it a proof).
  public var prediction: Int? {
    var best: Int?
    for (label, loss) in losses.enumerated() {
      if loss.isNaN { return nil }
      if loss < best.map({ losses[$0] }) ?? .infinity { best = label }
    }
    return best
  }

  /// Class probabilities softmax(−L), a uniform prior; 0 for dropped classes, all NaN where there is no prediction.
  public var probabilities: [Double] {
    guard let best = prediction else { return losses.map { _ in .nan } }
    let smallest = losses[best]
    let weights = losses.map { exp(smallest - $0) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }
}
