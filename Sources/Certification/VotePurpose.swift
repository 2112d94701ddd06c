import Noise

/// What a vote is cast for; it decides which two noise streams the vote draws from (Docs/Mathematics.md, Randomness and
/// streams).
///
/// Votes of different purposes share no random number, so votes that chose a class say nothing about the votes that
/// estimate its probability beyond the class itself.
public enum VotePurpose: String, Hashable, Sendable, CaseIterable, Codable {
  /// The n₀ votes of CERTIFY that choose c_A.
  case selection
  /// The n votes of CERTIFY that bound p_A.
  case estimation
  /// The votes of PREDICT.
  case prediction
  /// One vote per image of `classify`, which certifies nothing.
  case evaluation

  /// The stream of δ.
  public var smoothing: NoisePurpose {
    switch self {
    case .selection: .selectionSmoothing
    case .estimation: .estimationSmoothing
    case .prediction: .predictionSmoothing
    case .evaluation: .evaluationSmoothing
    }
  }

  /// The stream of the base classifier's own ε.
  public var classifier: NoisePurpose {
    switch self {
    case .selection: .selectionClassifier
    case .estimation: .estimationClassifier
    case .prediction: .predictionClassifier
    case .evaluation: .evaluationClassifier
    }
  }
}
