import OneDNN

/// What a network computes in; part of the classifier's identity (Docs/Mathematics.md, Randomness and streams).
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// IEEE single precision throughout.
  case fp32
  /// bfloat16 activations and weights; sums, normalisation, softmax, embeddings and the result in fp32.
  case bf16
  /// 8-bit inputs and weights in the convolutions that the checkpoint's quantisation names, summed in 32-bit integers;
  /// everything else in bf16 where the machine has it, otherwise in fp32.
  case int8

  /// The precision that runs here: bf16 becomes fp32 on a machine without bfloat16 instructions.
  public var availableHere: Precision { self == .bf16 && !Engine.hasBFloat16 ? .fp32 : self }

  /// What lies between the layers.
  var activations: ElementType {
    switch self {
    case .fp32: .float32
    case .bf16: .bfloat16
    case .int8: Engine.hasBFloat16 ? .bfloat16 : .float32
    }
  }
}
