import OneDNN

/// What a network computes in; part of the classifier's identity (SPEC §4).
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// IEEE single precision throughout.
  case fp32
  /// bfloat16 activations and weights; sums, normalisation, softmax, embeddings and the result in fp32.
  case bf16

  /// The precision that runs here: bf16 becomes fp32 on a machine without bfloat16 instructions.
  public var availableHere: Precision { self == .bf16 && !Engine.hasBFloat16 ? .fp32 : self }

  var activations: ElementType { self == .fp32 ? .float32 : .bfloat16 }
}
