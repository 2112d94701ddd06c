import Basics

/// Early elimination for many classes (Docs/Mathematics.md, Sift-and-refine).
///
/// Sift: the surviving classes are evaluated at `siftLevels` levels spread evenly over the grid, one level at a time;
/// after each, a class whose running loss exceeds the smallest by more than `siftThreshold` is dropped. Refine: the
/// survivors are evaluated on the whole grid in ascending order (what was evaluated while sifting is reused), again
/// dropping, with `refineThreshold`. Running losses are weighted sums over the levels seen so far in that pass, in
/// the unit of the final losses.
///
/// Dropped classes have the loss +∞. Once one class is left the prediction is known: the vote ends, and that class
/// keeps its running loss. A class whose loss is NaN is never dropped. What a vote drops depends on its own input and
/// its own noise alone, so the result is a base classifier like any other. With infinite thresholds it equals the full
/// classifier bit for bit.
public struct SiftAndRefine: Hashable, Sendable {
  /// How many levels are sifted on; 0 goes straight to refining.
  public var siftLevels: Int
  /// Not negative; infinite to keep every class. Absent in JSON stands for infinite.
  public var siftThreshold: Double
  /// Not negative; infinite (the default) to keep every class that survived sifting.
  public var refineThreshold: Double

  public init(siftLevels: Int, siftThreshold: Double, refineThreshold: Double = .infinity) {
    self.siftLevels = siftLevels
    self.siftThreshold = siftThreshold
    self.refineThreshold = refineThreshold
  }

  /// - Throws: `UsageError` for a negative or NaN threshold and for more sift levels than the grid has.
  public func validate(levelCount: Int) throws {
    guard (0...levelCount).contains(siftLevels) else {
      throw UsageError("sift-and-refine: \(siftLevels) sift levels of a grid that evaluates \(levelCount)")
    }
    for (name, threshold) in [("sift", siftThreshold), ("refine", refineThreshold)] where !(threshold >= 0) {
      throw UsageError("sift-and-refine: the \(name) threshold \(threshold) must not be negative")
    }
  }

  /// Which of `levelCount` levels are sifted on: the middles of `siftLevels` equal parts.
  package func siftedLevels(of levelCount: Int) -> [Int] {
    (0..<siftLevels).map { (2 * $0 + 1) * levelCount / (2 * siftLevels) }
  }
}

extension SiftAndRefine: Codable {
  private enum CodingKeys: String, CodingKey { case siftLevels, siftThreshold, refineThreshold }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    siftLevels = try fields.decode(Int.self, forKey: .siftLevels)
    siftThreshold = try fields.decodeIfPresent(Double.self, forKey: .siftThreshold) ?? .infinity
    refineThreshold = try fields.decodeIfPresent(Double.self, forKey: .refineThreshold) ?? .infinity
  }

  public func encode(to encoder: any Encoder) throws {
    // JSON has no infinity.
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(siftLevels, forKey: .siftLevels)
    if siftThreshold.isFinite { try fields.encode(siftThreshold, forKey: .siftThreshold) }
    if refineThreshold.isFinite { try fields.encode(refineThreshold, forKey: .refineThreshold) }
  }
}
