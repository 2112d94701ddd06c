import Basics

extension Architecture {
  /// Twice the largest that EDM or ADM were ever trained at.
  static let largestResolution = 1024
  /// Bytes of one activation, or of one attention matrix over all heads: an image's, in fp32.
  static let largestActivation = 1 << 31

  /// Checks every number against the range that makes sense, before anything is allocated from it.
  ///
  /// - Throws: `InputError` naming the file and the field.
  public func validate(file: String) throws {
    let check = FieldCheck(file: file, owner: "the architecture")
    try check.range("image resolution", imageResolution, 1...Self.largestResolution)
    try check.range("image channels", imageChannels, 1...1024)
    try check.range("label dimension", labelDimension, 0...65536)
    try preconditioning.validate(file: file)
    let outputFactor = if case .iddpm = preconditioning { 2 } else { 1 }
    switch network {
    case .song(let song):
      try song.validate(file: file)
      try matchOuter(song, outputFactor, FieldCheck(file: file, owner: "SongUNet"))
    case .dhariwal(let dhariwal):
      try dhariwal.validate(file: file)
      try matchOuter(dhariwal, outputFactor, FieldCheck(file: file, owner: "DhariwalUNet"))
    case .ddpm(let ddpm):
      let check = FieldCheck(file: file, owner: "DDPMUNet")
      try ddpm.validate(check)
      try check.equal("image_size", ddpm.imageResolution, imageResolution)
      try check.equal("in_channels", ddpm.inputChannels, imageChannels)
      // A learned variance doubles the outputs, and is not used.
      if ddpm.outputChannels != 2 * imageChannels {
        try check.equal("out_channels", ddpm.outputChannels, imageChannels)
      }
      try check.equal("num_classes", ddpm.labelDimension, labelDimension)
    case .edm2(let edm2):
      let check = FieldCheck(file: file, owner: "EDM2's UNet")
      try edm2.validate(check)
      try check.equal("img_resolution", edm2.imageResolution, imageResolution)
      try check.equal("img_channels", edm2.imageChannels, imageChannels)
      try check.equal("label_dim", edm2.labelDimension, labelDimension)
    case .multiHead(let multiHead):
      let check = FieldCheck(file: file, owner: "MultiHeadUNet")
      guard case .edm = preconditioning else {
        throw InputError(
          "a multi-head network goes with EDM's preconditioning", file: file, location: "preconditioning.kind",
          expected: "EDM")
      }
      try multiHead.validate(check)
      try check.equal("imageResolution", multiHead.imageResolution, imageResolution)
      try check.equal("imageChannels", multiHead.imageChannels, imageChannels)
      try check.equal("labelDimension", multiHead.labelDimension, labelDimension)
    }
  }

  private func matchOuter(_ network: some UNetArchitecture, _ outputFactor: Int, _ check: FieldCheck) throws {
    try check.equal("img_resolution", network.imageResolution, imageResolution)
    try check.equal("in_channels", network.inputChannels, imageChannels)
    try check.equal("out_channels", network.outputChannels, imageChannels * outputFactor)
    try check.equal("label_dim", network.labelDimension, labelDimension)
  }
}

extension Preconditioning {
  fileprivate func validate(file: String) throws {
    switch self {
    case .edm(let sigmaData):
      try FieldCheck(file: file, owner: "EDMPrecond").range("sigma_data", sigmaData, 1e-6...1e6)
    case .vp(let betaD, let betaMin, let steps):
      let check = FieldCheck(file: file, owner: "VPPrecond")
      try check.range("beta_d", betaD, 1e-6...1e6)
      try check.range("beta_min", betaMin, 0...1e6)
      try check.range("M", steps, 2...10_000_000)
    case .ve: break
    case .iddpm(let c1, let c2, let steps):
      let check = FieldCheck(file: file, owner: "iDDPMPrecond")
      try check.range("C_1", c1, 0...1)
      try check.range("C_2", c2, 0...1)
      try check.range("M", steps, 2...10_000_000)
    case .consistency(let sigmaData):
      try FieldCheck(file: file, owner: "the EDM teacher").range("sigma_data", sigmaData, 1e-6...1e6)
    case .discrete(let schedule): try schedule.validate(FieldCheck(file: file, owner: "the noise schedule"))
    }
  }
}

extension DiscreteSchedule {
  fileprivate func validate(_ check: FieldCheck) throws {
    try check.range("diffusion_steps", steps, 2...Self.maximumSteps)
    try check.range("timestep scale", timestepScale, 1e-6...1e6)
    switch betas {
    case .linear, .scaledLinear:
      try check.range("beta_start", start, 1e-12...0.9999)
      try check.range("beta_end", end, 1e-12...0.9999)
    case .cosine: break
    case .listed:
      try check.equal("number of trained_betas", list.count, steps)
      for beta in list { try check.range("trained_betas", beta, 1e-12...0.9999) }
    }
    // Thousands of large β leave nothing of a picture that a double could hold.
    try check.range("last noise level", sigmas().last ?? .infinity, 0...1e30)
  }
}

extension DDPMUNetArchitecture {
  fileprivate func validate(_ check: FieldCheck) throws {
    try check.range("image_size", imageResolution, 1...Architecture.largestResolution)
    try check.range("in_channels", inputChannels, 1...1024)
    try check.range("out_channels", outputChannels, 1...2048)
    try check.range("num_classes", labelDimension, 0...65536)
    try check.range("channels of the first convolution", stemChannels, 1...65536)
    try check.range("num_channels", embeddingInputs, 2...65536)
    try check.multiple("num_channels", embeddingInputs, of: 2)
    try check.range("channels of the embedding", embeddingChannels, 1...65536)
    try check.range("freq_shift", frequencyShift, 0...1)
    try check.range("num_channels/2 − freq_shift", embeddingInputs / 2 - frequencyShift, 1...65536)
    try check.range("number of levels", levels.count, 1...12)
    try check.range("num_res_blocks", blocks, 1...256)
    try check.multiple("image_size", imageResolution, of: 1 << (levels.count - 1))
    try check.range("norm_num_groups", groups, 1...65536)
    try check.range("attn_norm_num_groups", middleAttentionGroups, 0...65536)
    try check.range("norm_eps", epsilon, 1e-12...1)
    try check.range("downsample_padding", downPadding, 0...1)
    for (index, level) in levels.enumerated() {
      let side = imageResolution >> index
      try check.range("channels of a level", level.channels, 1...65536)
      try check.range(
        "bytes of an activation at resolution \(side)", 4 * level.channels * side * side,
        0...Architecture.largestActivation)
      let attends = level.attendsDown || level.attendsUp || (middleAttends && index == levels.count - 1)
      guard attends else { continue }
      try check.range("heads of an attention", level.heads, 1...level.channels)
      try check.range(
        "bytes of the attention at resolution \(side)", 4 * level.heads * side * side * side * side,
        0...Architecture.largestActivation)
    }
  }
}

extension MultiHeadUNetArchitecture {
  fileprivate func validate(_ check: FieldCheck) throws {
    try check.range("imageResolution", imageResolution, 1...Architecture.largestResolution)
    try check.range("imageChannels", imageChannels, 1...1024)
    try check.range("labelDimension", labelDimension, 0...65536)
    try check.range("patch", patch, 1...64)
    try check.range("number of channels", channels.count, 1...12)
    try check.count("encoderBlocks", encoderBlocks.count, channels.count)
    try check.count("decoderBlocks", decoderBlocks.count, channels.count - 1)
    try check.multiple("imageResolution", imageResolution, of: patch << (channels.count - 1))
    for (level, width) in channels.enumerated() {
      try check.range("channels", width, 4...65536)
      try check.range(
        "bytes of an activation at level \(level)", 4 * width * side(level) * side(level),
        0...Architecture.largestActivation)
      // The first block of a level halves the side.
      try check.range("encoderBlocks", encoderBlocks[level], (level == 0 ? 0 : 1)...256)
    }
    for blocks in decoderBlocks { try check.range("decoderBlocks", blocks, 0...256) }
    try check.range("noiseChannels", noiseChannels, 2...65536)
    try check.multiple("noiseChannels", noiseChannels, of: 2)
    try check.range("embeddingChannels", embeddingChannels, 1...65536)
    try check.range(
      "bytes of the heads", 4 * heads * imageChannels * imageResolution * imageResolution,
      0...Architecture.largestActivation)
  }
}

/// What SongUNet and DhariwalUNet have in common.
protocol UNetArchitecture {
  var imageResolution: Int { get set }
  var inputChannels: Int { get set }
  var outputChannels: Int { get set }
  var labelDimension: Int { get set }
  var augmentDimension: Int { get set }
  var modelChannels: Int { get set }
  var channelMultipliers: [Int] { get set }
  var embeddingMultiplier: Int { get set }
  var blocks: Int { get set }
  var attentionResolutions: [Int] { get set }
  /// How many attention matrices a block has.
  func heads(channels: Int) -> Int
}

extension UNetArchitecture {
  fileprivate func validateCommon(_ check: FieldCheck) throws {
    try check.range("img_resolution", imageResolution, 1...Architecture.largestResolution)
    try check.range("in_channels", inputChannels, 1...2048)
    try check.range("out_channels", outputChannels, 1...2048)
    try check.range("label_dim", labelDimension, 0...65536)
    try check.range("augment_dim", augmentDimension, 0...65536)
    try check.range("model_channels", modelChannels, 4...65536)
    try check.multiple("model_channels", modelChannels, of: 2)
    try check.range("length of channel_mult", channelMultipliers.count, 1...12)
    for multiplier in channelMultipliers {
      try check.range("channel_mult", multiplier, 1...1024)
      try check.range("model_channels·channel_mult", modelChannels * multiplier, 4...65536)
    }
    try check.multiple("img_resolution", imageResolution, of: 1 << (channelMultipliers.count - 1))
    try validateActivations(check)
    try check.range("channel_mult_emb", embeddingMultiplier, 1...64)
    try check.range("num_blocks", blocks, 1...256)
    try check.range("length of attn_resolutions", attentionResolutions.count, 0...64)
    for resolution in attentionResolutions {
      try check.range("attn_resolutions", resolution, 0...Architecture.largestResolution)
    }
  }

  /// No activation and no attention matrix takes more memory than any network that exists; the lowest level attends
  /// always.
  private func validateActivations(_ check: FieldCheck) throws {
    for (level, multiplier) in channelMultipliers.enumerated() {
      let side = imageResolution >> level
      let channels = modelChannels * multiplier
      try check.range(
        "bytes of an activation at resolution \(side)", 4 * channels * side * side, 0...Architecture.largestActivation)
      guard attentionResolutions.contains(side) || level == channelMultipliers.count - 1 else { continue }
      let positions = side * side
      try check.range(
        "bytes of the attention at resolution \(side)", 4 * heads(channels: channels) * positions * positions,
        0...Architecture.largestActivation)
    }
  }
}

extension SongUNetArchitecture: UNetArchitecture {
  func heads(channels: Int) -> Int { 1 }

  fileprivate func validate(file: String) throws {
    let check = FieldCheck(file: file, owner: "SongUNet")
    try validateCommon(check)
    try check.range("channel_mult_noise", noiseEmbeddingMultiplier, 1...64)
    try check.range("length of resample_filter", resampleFilter.count, 2...64)
    try check.multiple("length of resample_filter", resampleFilter.count, of: 2)
    for tap in resampleFilter { try check.range("resample_filter", tap, -1e6...1e6) }
    try check.range("sum of resample_filter", abs(resampleFilter.reduce(0, +)), 1e-6...1e9)
  }
}

extension DhariwalUNetArchitecture: UNetArchitecture {
  func heads(channels: Int) -> Int { max(1, channels / 64) }

  fileprivate func validate(file: String) throws {
    try validateCommon(FieldCheck(file: file, owner: "DhariwalUNet"))
  }
}
