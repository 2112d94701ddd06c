import OneDNN

/// How many bits of their bytes convolutions use; part of the classifier's identity, like the instruction set.
public struct Int8Arithmetic: Hashable, Sendable, CustomStringConvertible {
  /// The largest value of an activation, at most 255.
  public let activationLimit: Int
  /// The largest magnitude of a weight, at most 127.
  public let weightLimit: Int

  /// Every bit: where products are summed in 32 bits at once.
  public static let full = Int8Arithmetic(activationLimit: 255, weightLimit: 127)

  /// Weights of 7 bits, so that 2·u·|w| ≤ 32640: without VNNI two products meet in 16 bits, where more than 32767 would
  /// saturate. Taking the bit from the weights measured a little better than from the activations, or half from each.
  public static let narrow = Int8Arithmetic(activationLimit: 255, weightLimit: 64)

  /// What this machine computes exactly.
  public static let here = Engine.hasByteProducts ? full : narrow

  package init(activationLimit: Int, weightLimit: Int) {
    precondition((1...255).contains(activationLimit) && (1...127).contains(weightLimit))
    self.activationLimit = activationLimit
    self.weightLimit = weightLimit
  }

  /// Whether two products can meet in 16 bits without saturating.
  package var fitsSixteenBits: Bool { 2 * activationLimit * weightLimit <= Int(Int16.max) }

  public var description: String { "int8 \(activationLimit + 1) x \(2 * weightLimit + 1) levels" }
}
