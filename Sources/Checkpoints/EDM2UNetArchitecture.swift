import Basics

/// EDM2's U-Net, whose weights and activations keep their magnitude (Karras et al., arXiv 2312.02696, configuration G).
public struct EDM2UNetArchitecture: Hashable, Sendable, Codable {
  public var imageResolution: Int
  /// Of the image; the network adds one of ones.
  public var imageChannels: Int
  public var labelDimension = 0
  /// By level.
  public var channels: [Int]
  /// Of the Fourier embedding, and of what the blocks read.
  public var noiseChannels: Int
  public var embeddingChannels: Int
  /// Blocks on the way down at each level; one more on the way up.
  public var blocks = 3
  public var attentionResolutions = [16, 8]
  public var channelsPerHead = 64
  public var resampleFilter: [Double] = [1, 1]
  /// The second one's share of what is mixed.
  public var labelBalance = 0.5
  public var concatenationBalance = 0.5
  public var residualBalance = 0.3
  public var attentionBalance = 0.3
  /// Blocks' outputs are clipped to ± this; nil for no clipping.
  public var activationLimit: Double? = 256

  /// As the constructors have it where nothing is given: channels model_channels·channel_mult, an embedding as wide as
  /// the widest level.
  public init(imageResolution: Int, imageChannels: Int, channels: [Int]) {
    self.imageResolution = imageResolution
    self.imageChannels = imageChannels
    self.channels = channels
    noiseChannels = channels.first ?? 0
    embeddingChannels = channels.max() ?? 0
  }

  /// What EDM2's programs keep beside the network, for training alone.
  public static let trainingTensors: Set<String> = [
    "logvar_fourier.freqs", "logvar_fourier.phases", "logvar_linear.weight",
  ]

  /// ⌊C/channels_per_head⌋; a level of fewer channels does not attend.
  public func heads(channels: Int) -> Int { channels / channelsPerHead }
}

extension EDM2UNetArchitecture {
  func validate(_ check: FieldCheck) throws {
    try check.range("img_resolution", imageResolution, 1...Architecture.largestResolution)
    try check.range("img_channels", imageChannels, 1...1024)
    try check.range("label_dim", labelDimension, 0...65536)
    try check.range("length of channel_mult", channels.count, 1...12)
    try check.range("channels of the noise's embedding", noiseChannels, 1...65536)
    try check.range("channels of the embedding", embeddingChannels, 1...65536)
    try check.range("num_blocks", blocks, 1...256)
    try check.range("channels_per_head", channelsPerHead, 1...65536)
    try check.range("length of attn_resolutions", attentionResolutions.count, 0...64)
    for resolution in attentionResolutions {
      try check.range("attn_resolutions", resolution, 0...Architecture.largestResolution)
    }
    try check.multiple("img_resolution", imageResolution, of: 1 << (channels.count - 1))
    try check.range("length of resample_filter", resampleFilter.count, 2...64)
    try check.multiple("length of resample_filter", resampleFilter.count, of: 2)
    for tap in resampleFilter { try check.range("resample_filter", tap, -1e6...1e6) }
    try check.range("sum of resample_filter", abs(resampleFilter.reduce(0, +)), 1e-6...1e9)
    try check.range("label_balance", labelBalance, 0...1)
    try check.range("concat_balance", concatenationBalance, 0...1)
    try check.range("res_balance", residualBalance, 0...1)
    try check.range("attn_balance", attentionBalance, 0...1)
    if let activationLimit { try check.range("clip_act", activationLimit, 0...1e30) }
    for (level, width) in channels.enumerated() {
      let side = imageResolution >> level
      try check.range("channels of a level", width, 1...65536)
      try check.range(
        "bytes of an activation at resolution \(side)", 4 * width * side * side, 0...Architecture.largestActivation)
      guard attentionResolutions.contains(side) || level == channels.count - 1 else { continue }
      let heads = heads(channels: width)
      if heads > 0 { try check.multiple("channels of a level that attends", width, of: heads) }
      try check.range(
        "bytes of the attention at resolution \(side)", 4 * heads * side * side * side * side,
        0...Architecture.largestActivation)
    }
  }
}
