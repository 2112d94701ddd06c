import Classifiers
import Noise

/// The base classifier's own ε in one vote: a block of D normals per grid row, or per grid row and class.
///
/// Row t starts at position t·D when every class shares the noise, at (t·K + y)·D when each class has its own. A
/// classifier uses one of the two throughout, so no number is used twice in a vote.
public struct VoteNoise: ClassifierNoise, Hashable, Sendable {
  public let stream: NoiseStream
  /// K.
  public let classCount: Int

  public init(stream: NoiseStream, classCount: Int) {
    self.stream = stream
    self.classCount = classCount
  }

  public func fill(_ epsilon: UnsafeMutableBufferPointer<Float>, level: Int, label: Int?) {
    precondition(level >= 0, "a grid row is not negative")
    var block = level
    if let label {
      precondition((0..<classCount).contains(label), "a label lies in 0 ..< K")
      block = level * classCount + label
    }
    stream.fill(epsilon, from: block * epsilon.count)
  }
}
