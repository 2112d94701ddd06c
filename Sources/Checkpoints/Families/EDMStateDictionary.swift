import Basics

/// An EDM network saved by `torch.save(net.state_dict())`: its tensors' names and shapes say what it is, but for the
/// preconditioner.
struct EDMStateDictionary: StateDictionaryReading {
  let tensors: [String: CheckpointTensor]
  let file: String
  private let remarks: [String]
  private let resolver: DescriptionResolver

  init(_ state: StateDictionary, _ resolver: DescriptionResolver) {
    file = state.file
    remarks = state.remarks
    self.resolver = resolver
    // Of the preconditioner, or of the network alone.
    tensors =
      state.tensors["model.map_layer0.weight"] != nil
      ? state.tensors
      : Dictionary(state.tensors.map { ("model." + $0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  func checkpoint() throws -> Checkpoint {
    let resolutions = Set(
      tensors.keys.compactMap { name -> Int? in
        let parts = name.split(separator: ".")
        guard parts.count > 2, parts[0] == "model", parts[1] == "enc", let x = parts[2].firstIndex(of: "x") else {
          return nil
        }
        return Int(parts[2][..<x])
      }
    ).sorted(by: >)
    guard let side = resolutions.first, side <= Architecture.largestResolution else {
      throw fail("no level of a network in the file")
    }
    let isSong = has("model.dec.\(side)x\(side)_aux_conv.weight")
    guard isSong || has("model.out_conv.weight") else { throw fail("neither SongUNet nor DhariwalUNet") }
    let stem = try shape("model.enc.\(side)x\(side)_conv.weight", axes: 4)
    let embedding = try shape("model.map_layer0.weight", axes: 2)
    let labels = has("model.map_label.weight") ? try shape("model.map_label.weight", axes: 2)[1] : 0
    let preconditioning = try preconditioning()
    let outputs = if case .iddpm = preconditioning { 2 * stem[1] } else { stem[1] }
    let network: Architecture.Network
    if isSong {
      var song = SongUNetArchitecture(imageResolution: side, inputChannels: stem[1], outputChannels: outputs)
      song.modelChannels = stem[0]
      try fill(&song, resolutions, embedding, labels)
      song.noiseEmbeddingMultiplier = try quotient(embedding[1], song.modelChannels, "model.map_layer0.weight")
      song.embedding = has("model.map_noise.freqs") ? .fourier : .positional
      let parts = tensors.keys
      song.encoder =
        parts.contains { $0.contains("_aux_residual.") }
        ? .residual : parts.contains { $0.contains("_aux_skip.") } ? .skip : .standard
      song.decoder = parts.filter { $0.hasSuffix("_aux_conv.weight") }.count > 1 ? .skip : .standard
      song.resampleFilter = try filter()
      network = .song(song)
    } else {
      var adm = DhariwalUNetArchitecture(imageResolution: side, inputChannels: stem[1], outputChannels: outputs)
      adm.modelChannels = embedding[1]
      try fill(&adm, resolutions, embedding, labels)
      network = .dhariwal(adm)
    }
    var notes = CheckpointNotes()
    let remarks = try resolver.finish(family: "edm")
    notes.description = resolver.items
    var checkpoint = Checkpoint(
      file: file, digest: "",
      architecture: Architecture(
        preconditioning: preconditioning, network: network, imageResolution: side, imageChannels: stem[1],
        labelDimension: labels), tensors: tensors, notes: notes)
    checkpoint.remarks = self.remarks + remarks
    if !resolver.isDescribed, !has("u") {
      checkpoint.remarks.append(
        "a state dictionary does not tell its preconditioner: EDM's is taken, with sigma_data 0.5 (--model-config)")
    }
    return checkpoint
  }

  private func quotient(_ number: Int, _ divisor: Int, _ tensor: String) throws -> Int {
    guard divisor > 0, number.isMultiple(of: divisor) else {
      throw fail("\(number) channels are no multiple of the network's \(divisor)", tensor)
    }
    return number / divisor
  }

  private func fill(
    _ unet: inout some UNetArchitecture, _ resolutions: [Int], _ embedding: [Int], _ labels: Int
  ) throws {
    let side = unet.imageResolution
    for (level, resolution) in resolutions.enumerated() where resolution != side >> level {
      throw fail(
        "levels at \(resolutions.map(String.init).joined(separator: ", ")), each of which should be half the last")
    }
    unet.labelDimension = labels
    unet.augmentDimension = has("model.map_augment.weight") ? try shape("model.map_augment.weight", axes: 2)[1] : 0
    unet.embeddingMultiplier = try quotient(embedding[0], unet.modelChannels, "model.map_layer0.weight")
    unet.blocks = (0..<257).first { !has("model.enc.\(side)x\(side)_block\($0).conv0.weight") } ?? 0
    guard unet.blocks > 0 else { throw fail("no block", "model.enc.\(side)x\(side)_block0.conv0.weight") }
    unet.channelMultipliers = try resolutions.map {
      let name = "model.enc.\($0)x\($0)_block\(unet.blocks - 1).conv0.weight"
      return try quotient(shape(name, axes: 4)[0], unet.modelChannels, name)
    }
    unet.attentionResolutions = resolutions.filter { has("model.enc.\($0)x\($0)_block0.qkv.weight") }
    resolver.told("model_channels", unet.modelChannels)
    resolver.told("channel_mult", NumberList(unet.channelMultipliers.map(Double.init)))
    resolver.told("num_blocks", unet.blocks)
    resolver.told("label_dim", labels)
  }

  /// f of the resampling filter, as the first row of a stored one has it.
  private func filter() throws -> [Double] {
    guard let name = tensors.keys.filter({ $0.hasSuffix(".resample_filter") }).min(), let tensor = tensors[name] else {
      return [1, 1]
    }
    let shape = try shape(name, axes: 4)
    guard shape[3] <= 64 else { throw fail("a resampling filter of \(shape[3]) taps", name) }
    let row = tensor.floats().prefix(shape[3]).map(Double.init)
    guard let first = row.first, first != 0 else { throw fail("a resampling filter that begins with 0", name) }
    return row.map { ($0 / first * 1e6).rounded() / 1e6 }
  }

  private func preconditioning() throws -> Preconditioning {
    resolver.told("family", "edm")
    resolver.ignore(["use_fp16", "dropout"])
    guard let u = tensors["u"] else {
      let kind = resolver.resolve("precond", among: ["edm", "vp", "ve"], default: "edm", isOptional: true)
      switch kind {
      case "vp": return .vp(betaD: 19.9, betaMin: 0.1, steps: 1000)
      case "ve": return .ve
      default: return .edm(sigmaData: resolver.resolve("sigma_data", default: 0.5, isOptional: true))
      }
    }
    guard u.shape.count == 1, (3...DiscreteSchedule.maximumSteps).contains(u.shape[0]) else {
      throw fail("no list of noise levels", "u")
    }
    resolver.told("precond", "iddpm")
    return .iddpm(c1: 0.001, c2: 0.008, steps: u.shape[0] - 1)
  }
}
