/// A trunk without label input and an output head for each class and for none: one evaluation gives D(x; s, y) for all of
/// them (Docs/Networks.md, MultiHeadUNet).
public struct MultiHeadUNetArchitecture: Hashable, Sendable, Codable {
  public var imageResolution: Int
  public var imageChannels: Int
  /// K; the heads are K + 1.
  public var labelDimension: Int
  /// p: a position of the trunk is a patch of p×p pixels.
  public var patch: Int
  /// Of each level, the finest first; each has half the side of the one before.
  public var channels: [Int]
  /// At each level, on the way down.
  public var encoderBlocks: [Int]
  /// At each level but the lowest, on the way up.
  public var decoderBlocks: [Int]
  /// n of the embedding of c_noise, and the channels of what the blocks read.
  public var noiseChannels: Int
  public var embeddingChannels: Int

  public init(imageResolution: Int, imageChannels: Int, labelDimension: Int) {
    self.imageResolution = imageResolution
    self.imageChannels = imageChannels
    self.labelDimension = labelDimension
    patch = 2
    channels = [64, 128, 256]
    encoderBlocks = [2, 3, 3]
    decoderBlocks = [1, 1]
    noiseChannels = 64
    embeddingChannels = 128
  }

  /// K + 1, the last for none.
  public var heads: Int { labelDimension + 1 }
  /// The side of a level, in positions.
  public func side(_ level: Int) -> Int { (imageResolution / patch) >> level }
  /// Channels of a head, and of the trunk's input: C·p².
  public var patchChannels: Int { imageChannels * patch * patch }
}
