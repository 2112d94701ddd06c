/// The U-Net of DDPM's descendants: guided-diffusion, improved-diffusion, consistency models and diffusers' UNet2DModel.
///
/// EDM's ADM is one of them; here everything may differ that differs among them, level by level.
public struct DDPMUNetArchitecture: Hashable, Sendable, Codable {
  /// What lies between two levels.
  public enum Resampling: String, Sendable, Codable, CaseIterable {
    /// A residual block whose input is averaged or doubled.
    case block
    /// A 3×3 convolution of stride 2, or one of the picture doubled.
    case convolution
  }

  /// Where q, k and v of channel c in head h lie among the 3C rows of the attention's weights; d channels a head.
  public enum AttentionOrder: String, Sendable, Codable, CaseIterable {
    /// Row j·C + h·d + c: `use_new_attention_order`.
    case new
    /// Row h·3d + j·d + c.
    case old
    /// Three matrices, row h·d + c of each.
    case separate
  }

  public struct Level: Hashable, Sendable, Codable {
    public var channels: Int
    /// Of each attention at this level.
    public var heads: Int
    public var attendsDown: Bool
    public var attendsUp: Bool
    /// To the next lower level (of the lowest it means nothing) and to the next higher one (of the highest nothing).
    public var down: Resampling
    public var up: Resampling
  }

  public var imageResolution: Int
  public var inputChannels: Int
  public var outputChannels: Int
  public var labelDimension: Int
  /// Channels after the first convolution.
  public var stemChannels: Int
  /// n of the embedding of t, and the channels of what the blocks read.
  public var embeddingInputs: Int
  public var embeddingChannels: Int
  /// [cos, sin], or [sin, cos].
  public var startsWithCosines: Bool
  /// f_i = 10000^(−i/(n/2 − shift)).
  public var frequencyShift: Int
  public var levels: [Level]
  /// Blocks on the way down at each level; one more on the way up.
  public var blocks: Int
  public var middleAttends: Bool
  /// Groups of the middle attention's normalisation; 0 where it has none.
  public var middleAttentionGroups: Int
  public var groups: Int
  public var epsilon: Double
  /// norm·(1 + scale) + shift, or the embedding added before the normalisation.
  public var hasScaleShift: Bool
  public var attentionOrder: AttentionOrder
  /// Of the convolutions of stride 2: 1 on every side, or 0, which means one row and column at the bottom and right.
  public var downPadding: Int
  /// Whether an embedding of zeros stands for "no label".
  public var answersWithoutLabel: Bool
}
