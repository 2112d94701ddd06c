import OneDNN

/// How many bits of their bytes convolutions use; part of the classifier's identity, like the instruction set.
public struct Int8Arithmetic: Hashable, Sendable, CustomStringConvertible {
  /// The largest value of an activation, at most 255.
  public let activationLimit: Int
  /// The largest magnitude of a weight, at most 127.
  public let weightLimit: Int

  /// Every bit: where products are summed in 32 bits at once.
  public static let full = Int8Arithmetic(activationLimit: 255, weightLimit: 127)

  /// The balance that keeps 2·u·|w| ≤ 32767: without VNNI two products meet in 16 bits, and a larger sum would
  /// saturate. Each side gives up half a bit, which measured better than a whole bit of either.
  public static let narrow = Int8Arithmetic(activationLimit: 180, weightLimit: 91)

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
