/// What a stream of random numbers is for. Streams of different purposes never share a number.
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
  /// Images and noise on which the ranges of int8 are measured.
  case quantization = 16
  /// Which images of a run have their votes cast again.
  case verification = 17
  /// The queries by which a served model is known.
  case modelProbe = 18
}
