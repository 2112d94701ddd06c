import Basics
import Pickles

/// Works out the architecture from the arguments the modules of a pickle were constructed with.
struct EDMArchitectureBuilder {
  private let preconditioner: EDMModule
  private let network: EDMModule
  /// The preconditioner's plain attributes, over its constructor's arguments.
  private let outer: ConstructorArguments
  private let inner: ConstructorArguments
  private let file: String

  private static let common = ["img_resolution", "img_channels", "label_dim", "use_fp16"]
  /// The rest of each preconditioner's parameters, in order.
  private static let preconditioners = [
    "EDMPrecond": ["sigma_min", "sigma_max", "sigma_data", "model_type"],
    "VPPrecond": ["beta_d", "beta_min", "M", "epsilon_t", "model_type"],
    "VEPrecond": ["sigma_min", "sigma_max", "model_type"],
    "iDDPMPrecond": ["C_1", "C_2", "M", "model_type"],
  ]
  private static let unet = [
    "img_resolution", "in_channels", "out_channels", "label_dim", "augment_dim", "model_channels", "channel_mult",
    "channel_mult_emb", "num_blocks", "attn_resolutions", "dropout", "label_dropout",
  ]
  private static let networks = [
    "SongUNet": unet + [
      "embedding_type", "channel_mult_noise", "encoder_type", "decoder_type", "resample_filter",
    ],
    "DhariwalUNet": unet,
  ]

  init(preconditioner: EDMModule, network: EDMModule, file: String) throws {
    self.preconditioner = preconditioner
    self.network = network
    self.file = file
    guard let parameters = Self.preconditioners[preconditioner.className] else {
      throw InputError(
        "unknown preconditioner", file: file, location: "the network",
        expected: Self.preconditioners.keys.sorted().joined(separator: ", "), found: preconditioner.className)
    }
    guard let networkParameters = Self.networks[network.className] else {
      throw InputError(
        "unknown network", file: file, location: "module \"model\"",
        expected: Self.networks.keys.sorted().joined(separator: ", "), found: network.className)
    }
    let own = Self.common + parameters
    let given = try ConstructorArguments(preconditioner, parameters: own, file: file)
    // The attributes are what evaluation uses; the arguments only what they were made from.
    let attributes = preconditioner.attributes.filter { own.contains($0.key) }
    outer = ConstructorArguments(
      owner: preconditioner.className, file: file, values: given.values.merging(attributes) { $1 })
    let direct = try ConstructorArguments(network, parameters: networkParameters, file: file)
    inner =
      direct.isEmpty
      ? ConstructorArguments(
        owner: network.className, file: file, values: given.values.filter { !own.contains($0.key) })
      : direct
    try inner.refuse(allBut: networkParameters)
    try outer.refuse(allBut: own + networkParameters)
    if let type = outer.values["model_type"], type.text != network.className {
      throw InputError(
        "the network is not of the class that was asked for", file: file, location: "module \"model\"",
        expected: type.summary, found: network.className)
    }
  }

  func architecture() throws -> Architecture {
    guard let resolution = try outer.integer("img_resolution") ?? inner.integer("img_resolution") else {
      throw missing("img_resolution")
    }
    guard let channels = try outer.integer("img_channels") ?? inner.integer("in_channels") else {
      throw missing("img_channels")
    }
    guard (1...1024).contains(channels) else {
      throw InputError(
        "out of range", file: file, location: "img_channels of \(outer.owner)", expected: "1 to 1024",
        found: "\(channels)")
    }
    let labels = try outer.integer("label_dim") ?? inner.integer("label_dim") ?? 0
    let preconditioning = try preconditioning()
    let outputs = if case .iddpm = preconditioning { 2 * channels } else { channels }
    let network: Architecture.Network
    if self.network.className == "SongUNet" {
      var song = SongUNetArchitecture(
        imageResolution: resolution, inputChannels: channels, outputChannels: outputs)
      song.labelDimension = labels
      try fill(&song)
      song.embedding = try inner.choice("embedding_type") ?? song.embedding
      song.noiseEmbeddingMultiplier = try inner.integer("channel_mult_noise") ?? song.noiseEmbeddingMultiplier
      song.encoder = try inner.choice("encoder_type") ?? song.encoder
      song.decoder = try inner.choice("decoder_type") ?? song.decoder
      song.resampleFilter = try inner.numbers("resample_filter") ?? song.resampleFilter
      network = .song(song)
    } else {
      var dhariwal = DhariwalUNetArchitecture(
        imageResolution: resolution, inputChannels: channels, outputChannels: outputs)
      dhariwal.labelDimension = labels
      try fill(&dhariwal)
      network = .dhariwal(dhariwal)
    }
    return Architecture(
      preconditioning: preconditioning, network: network, imageResolution: resolution, imageChannels: channels,
      labelDimension: labels)
  }

  /// What the network was given; `Architecture.validate` compares it with the preconditioner's.
  private func fill(_ unet: inout some UNetArchitecture) throws {
    unet.imageResolution = try inner.integer("img_resolution") ?? unet.imageResolution
    unet.inputChannels = try inner.integer("in_channels") ?? unet.inputChannels
    unet.outputChannels = try inner.integer("out_channels") ?? unet.outputChannels
    unet.labelDimension = try inner.integer("label_dim") ?? unet.labelDimension
    unet.augmentDimension = try inner.integer("augment_dim") ?? unet.augmentDimension
    unet.modelChannels = try inner.integer("model_channels") ?? unet.modelChannels
    unet.channelMultipliers = try inner.integers("channel_mult") ?? unet.channelMultipliers
    unet.embeddingMultiplier = try inner.integer("channel_mult_emb") ?? unet.embeddingMultiplier
    unet.blocks = try inner.integer("num_blocks") ?? unet.blocks
    unet.attentionResolutions = try inner.integers("attn_resolutions") ?? unet.attentionResolutions
  }

  private func preconditioning() throws -> Preconditioning {
    switch preconditioner.className {
    case "EDMPrecond": .edm(sigmaData: try outer.number("sigma_data") ?? 0.5)
    case "VPPrecond":
      .vp(
        betaD: try outer.number("beta_d") ?? 19.9, betaMin: try outer.number("beta_min") ?? 0.1,
        steps: try outer.integer("M") ?? 1000)
    case "VEPrecond": .ve
    default:
      .iddpm(
        c1: try outer.number("C_1") ?? 0.001, c2: try outer.number("C_2") ?? 0.008,
        steps: try outer.integer("M") ?? 1000)
    }
  }

  func notes() -> CheckpointNotes {
    var notes = CheckpointNotes()
    notes.labelDropout = network.attributes["label_dropout"]?.number ?? inner.values["label_dropout"]?.number
    notes.dropout = inner.values["dropout"]?.number
    notes.sigmaMinimum = preconditioner.attributes["sigma_min"]?.number
    notes.sigmaMaximum = preconditioner.attributes["sigma_max"]?.number
    notes.trainedInHalfPrecision = preconditioner.attributes["use_fp16"]?.bool
    return notes
  }

  private func missing(_ name: String) -> InputError {
    InputError("the checkpoint does not say \(name)", file: file, location: "option \"\(name)\" of \(outer.owner)")
  }
}
