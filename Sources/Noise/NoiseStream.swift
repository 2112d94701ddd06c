/// What a stream of normals is for. Streams of different purposes never share a number.
public enum NoisePurpose: UInt32, Sendable, CaseIterable {
  /// δ of the votes that choose the class, and the base classifier's own ε in those votes.
  case selectionSmoothing = 1
  case selectionClassifier = 2
  /// δ and ε of the votes that estimate its probability.
  case estimationSmoothing = 3
  case estimationClassifier = 4
  /// δ and ε of `predict`.
  case predictionSmoothing = 5
  case predictionClassifier = 6
  /// δ and ε of `classify`, which certifies nothing.
  case evaluationSmoothing = 7
  case evaluationClassifier = 8
}

/// Standard normal numbers as a pure function of (seed, image index, vote index, purpose, position): SPEC §4.
public struct NoiseStream: Hashable, Sendable {
  public var seed: UInt64
  /// The image's index in its data set.
  public var image: UInt32
  /// The vote's index within its purpose.
  public var vote: UInt32
  public var purpose: NoisePurpose

  public init(seed: UInt64, image: UInt32, vote: UInt32, purpose: NoisePurpose) {
    self.seed = seed
    self.image = image
    self.vote = vote
    self.purpose = purpose
  }

  /// Fills `normals` with the N(0, 1) numbers at positions start, start+1, …
  public func fill(_ normals: UnsafeMutableBufferPointer<Float>, from start: Int) {
    fatalError("helper A writes this with Philox 4×32-10")
  }
}
