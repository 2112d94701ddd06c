import Noise

/// Which vote it is: together with the image and the classifier it determines the vote completely.
public struct VoteKey: Hashable, Sendable {
  public var seed: UInt64
  /// The image's index in its data set.
  public var image: UInt32
  /// The vote's index within its purpose.
  public var vote: UInt32
  public var purpose: VotePurpose

  public init(seed: UInt64, image: UInt32, vote: UInt32, purpose: VotePurpose) {
    self.seed = seed
    self.image = image
    self.vote = vote
    self.purpose = purpose
  }

  /// The normals of δ, at positions 0 ..< D.
  public var smoothingStream: NoiseStream {
    NoiseStream(seed: seed, image: image, vote: vote, purpose: purpose.smoothing)
  }

  /// The normals of the classifier's own ε.
  public var classifierStream: NoiseStream {
    NoiseStream(seed: seed, image: image, vote: vote, purpose: purpose.classifier)
  }
}
