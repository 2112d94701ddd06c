import Basics

/// An EDM2 network saved by `torch.save(net.state_dict())`: names and shapes say what it is, but for balances, clipping,
/// filter and the width of heads.
struct EDM2StateDictionary: StateDictionaryReading {
  let tensors: [String: CheckpointTensor]
  let file: String
  private let remarks: [String]
  private let resolver: DescriptionResolver

  init(_ state: StateDictionary, _ resolver: DescriptionResolver) {
    file = state.file
    remarks = state.remarks
    self.resolver = resolver
    // Of the preconditioner, or of the network alone.
    tensors = EDM2Options.renamed(state.tensors, prefix: state.tensors["unet.emb_fourier.freqs"] == nil ? "" : "unet.")
  }

  static func recognises(_ names: [String: CheckpointTensor]) -> Bool {
    names["unet.emb_fourier.freqs"] != nil || names["emb_fourier.freqs"] != nil
  }

  func checkpoint() throws -> Checkpoint {
    resolver.told("family", "edm2")
    let unet = try network()
    let options = EDM2Options(resolver: resolver) { _ in nil }
    let preconditioning = Preconditioning.edm(sigmaData: try options.sigmaData())
    options.noteLabelDropout(unet)
    resolver.ignore(["dropout", "use_fp16", "logvar_channels"])
    let remarks = try resolver.finish(family: "edm2")
    var notes = CheckpointNotes()
    notes.description = resolver.items
    (notes.sigmaMinimum, notes.sigmaMaximum) = EDM2Options.levels
    var checkpoint = Checkpoint(
      file: file, digest: "",
      architecture: Architecture(
        preconditioning: preconditioning, network: .edm2(unet), imageResolution: unet.imageResolution,
        imageChannels: unet.imageChannels, labelDimension: unet.labelDimension), tensors: tensors, notes: notes)
    checkpoint.remarks = self.remarks + remarks
    if !resolver.isDescribed {
      checkpoint.remarks.append(
        "a state dictionary does not tell EDM2's balances, clipping, resampling filter and width of heads: the "
          + "constructors' are taken (--model-config)" + headless(unet))
    }
    return checkpoint
  }

  /// Where there is attention that heads of the usual width leave out.
  private func headless(_ unet: EDM2UNetArchitecture) -> String {
    let widths = tensors.filter { $0.key.hasSuffix(".attn_proj.weight") }.compactMap { $0.value.shape.first }
    guard let least = widths.min(), unet.heads(channels: least) == 0 else { return "" }
    return "; the file has attention over \(least) channels, fewer than a head's \(unet.channelsPerHead): "
      + "\"channels_per_head\" must be stated"
  }

  private func network() throws -> EDM2UNetArchitecture {
    let resolutions = Set(tensors.keys.compactMap(Self.resolution)).sorted(by: >)
    guard let side = resolutions.first, side <= Architecture.largestResolution else {
      throw fail("no level of a network in the file")
    }
    for (level, resolution) in resolutions.enumerated() where resolution != side >> level {
      throw fail(
        "levels at \(resolutions.map(String.init).joined(separator: ", ")), each of which should be half the last")
    }
    let stem = try shape("model.enc.\(side)x\(side)_conv.weight", axes: 4)
    guard [1, 3].contains(stem[1] - 1) else {
      throw fail(
        "a network of EDM2 over \(stem[1] - 1) channels: a latent model (img512) denoises an autoencoder's codes, and a "
          + "certificate is about pixels", "enc.\(side)x\(side)_conv.weight")
    }
    let blocks = (0..<257).first { !has("model.enc.\(side)x\(side)_block\($0).conv_res0.weight") } ?? 0
    guard blocks > 0 else { throw fail("no block", "enc.\(side)x\(side)_block0.conv_res0.weight") }
    let channels = try resolutions.map {
      try shape("model.enc.\($0)x\($0)_block\(blocks - 1).conv_res0.weight", axes: 4)[0]
    }
    var unet = EDM2UNetArchitecture(imageResolution: side, imageChannels: stem[1] - 1, channels: channels)
    unet.blocks = blocks
    unet.noiseChannels = try shape("model.emb_noise.weight", axes: 2)[1]
    unet.embeddingChannels = try shape("model.emb_noise.weight", axes: 2)[0]
    unet.labelDimension = has("model.emb_label.weight") ? try shape("model.emb_label.weight", axes: 2)[1] : 0
    unet.attentionResolutions = resolutions.filter { has("model.enc.\($0)x\($0)_block0.attn_qkv.weight") }
    resolver.told("img_resolution", side)
    resolver.told("img_channels", unet.imageChannels)
    resolver.told("label_dim", unet.labelDimension)
    tellWidths(unet)
    resolver.told("num_blocks", blocks)
    holdAttention(unet, resolutions)
    try EDM2Options(resolver: resolver) { _ in nil }.fill(&unet)
    return unet
  }

  /// A description may list resolutions that the network does not have.
  private func holdAttention(_ unet: EDM2UNetArchitecture, _ resolutions: [Int]) {
    let found = NumberList(unet.attentionResolutions.map(Double.init))
    guard let stated = resolver.stated("attn_resolutions", as: NumberList.self) else {
      resolver.told("attn_resolutions", found)
      return
    }
    let meant = stated.values.filter { value in resolutions.contains { Double($0) == value } }
    if Set(meant) == Set(found.values) {
      resolver.note("attn_resolutions", found)
    } else {
      resolver.problem(
        "\"attn_resolutions\": expected \(found.text), which the file tells, found \(stated.text)")
    }
  }

  /// The file tells channels, not of which number they are multiples.
  private func tellWidths(_ unet: EDM2UNetArchitecture) {
    let stated = resolver.stated("model_channels", as: Int.self)
    let isMultiple = stated.map { divisor in divisor > 0 && unet.channels.allSatisfy { $0.isMultiple(of: divisor) } }
    let base = isMultiple == true ? stated ?? 1 : unet.channels[0]
    resolver.told("model_channels", base)
    resolver.told("channel_mult", NumberList(unet.channels.map { Double($0) / Double(base) }))
    for (key, found, usual) in [
      ("channel_mult_noise", unet.noiseChannels, unet.channels[0]),
      ("channel_mult_emb", unet.embeddingChannels, unet.channels.max() ?? 0),
    ] {
      // Null is the constructor's default.
      if resolver.isNull(key) {
        if found != usual {
          resolver.problem("\"\(key)\": expected \(NumberList([Double(found) / Double(base)]).text), found null")
        }
        resolver.note(key, NumberList([Double(found) / Double(base)]))
      } else {
        resolver.told(key, NumberList([Double(found) / Double(base)]))
      }
    }
  }

  private static func resolution(_ name: String) -> Int? {
    let parts = name.split(separator: ".")
    guard parts.count > 2, parts[0] == "model", parts[1] == "enc", let x = parts[2].firstIndex(of: "x") else {
      return nil
    }
    return Int(parts[2][..<x])
  }
}
