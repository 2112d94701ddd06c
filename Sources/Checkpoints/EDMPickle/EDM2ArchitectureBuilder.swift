import Basics
import Pickles

/// Works out EDM2's architecture from the arguments that its preconditioner and network were constructed with.
struct EDM2ArchitectureBuilder {
  private let arguments: ConstructorArguments
  private let resolver: DescriptionResolver
  private let file: String

  private static let outer = [
    "img_resolution", "img_channels", "label_dim", "use_fp16", "sigma_data", "logvar_channels",
  ]
  private static let unet = [
    "img_resolution", "img_channels", "label_dim", "model_channels", "channel_mult", "channel_mult_noise",
    "channel_mult_emb", "num_blocks", "attn_resolutions", "label_balance", "concat_balance",
  ]
  private static let block = [
    "resample_filter", "channels_per_head", "dropout", "res_balance", "attn_balance", "clip_act",
  ]

  init(preconditioner: EDMModule, network: EDMModule, file: String) throws {
    guard preconditioner.className == "Precond", network.className == "UNet" else {
      throw InputError(
        "a network \"unet\" of unknown classes", file: file, location: "the network", expected: "Precond of UNet",
        found: "\(preconditioner.className) of \(network.className)")
    }
    self.file = file
    let given = try ConstructorArguments(preconditioner, parameters: Self.outer, file: file)
    let inner = try ConstructorArguments(network, parameters: Self.unet, file: file)
    // The attributes are what evaluation uses; the preconditioner's arguments reach the network unchanged.
    let attributes = preconditioner.attributes.filter { Self.outer.contains($0.key) }
    arguments = ConstructorArguments(
      owner: preconditioner.className, file: file,
      values: inner.values.merging(given.values) { $1 }.merging(attributes) { $1 })
    try arguments.refuse(allBut: Self.outer + Self.unet + Self.block)
    resolver = DescriptionResolver(file: file, description: nil)
  }

  /// The arguments' value, where one was given that is not None.
  private func told(_ key: String) throws -> [Double]? {
    guard let value = arguments.values[key], !value.isNone else { return nil }
    return value.sequence == nil ? try arguments.number(key).map { [$0] } : try arguments.numbers(key)
  }

  private func required(_ key: String) throws -> Int {
    guard let value = try arguments.integer(key) else {
      throw InputError(
        "the checkpoint does not say \(key)", file: file, location: "option \"\(key)\" of \(arguments.owner)")
    }
    return resolver.told(key, value)
  }

  private func integer(_ key: String, default fallback: Int) throws -> Int {
    try arguments.integer(key).map { resolver.told(key, $0) }
      ?? resolver.resolve(key, default: fallback, isOptional: true)
  }

  private func integers(_ key: String, default fallback: [Int]) throws -> [Int] {
    let list = NumberList(fallback.map(Double.init))
    guard let values = try arguments.integers(key) else {
      _ = resolver.resolve(key, default: list, isOptional: true)
      return fallback
    }
    resolver.told(key, NumberList(values.map(Double.init)))
    return values
  }

  /// model_channels·multiplier, where both make sense.
  private func product(_ channels: Int, _ multiplier: Int, _ key: String) throws -> Int {
    let (product, overflow) = channels.multipliedReportingOverflow(by: multiplier)
    guard !overflow, (1...65536).contains(product) else {
      throw InputError(
        "out of range", file: file, location: "model_channels·\(key) of \(arguments.owner)", expected: "1 to 65536",
        found: "\(channels)·\(multiplier)")
    }
    return product
  }

  /// - Returns: what the network is, and each item with where it is told.
  func build() throws -> (architecture: Architecture, notes: CheckpointNotes, unet: EDM2UNetArchitecture) {
    resolver.told("family", "edm2")
    let resolution = try required("img_resolution")
    let imageChannels = try required("img_channels")
    let labels = try required("label_dim")
    let channels = try integer("model_channels", default: 192)
    let multipliers = try integers("channel_mult", default: [1, 2, 3, 4])
    guard (1...12).contains(multipliers.count) else {
      throw InputError(
        "out of range", file: file, location: "length of channel_mult of \(arguments.owner)", expected: "1 to 12",
        found: "\(multipliers.count)")
    }
    var unet = EDM2UNetArchitecture(
      imageResolution: resolution, imageChannels: imageChannels,
      channels: try multipliers.map { try product(channels, $0, "channel_mult") })
    unet.labelDimension = labels
    if let multiplier = try multiplier("channel_mult_noise") {
      unet.noiseChannels = try product(channels, multiplier, "channel_mult_noise")
    }
    if let multiplier = try multiplier("channel_mult_emb") {
      unet.embeddingChannels = try product(channels, multiplier, "channel_mult_emb")
    }
    unet.blocks = try integer("num_blocks", default: unet.blocks)
    unet.attentionResolutions = try integers("attn_resolutions", default: unet.attentionResolutions)
    let options = EDM2Options(resolver: resolver, told: told)
    try options.fill(&unet, limitIsTold: arguments.values["clip_act"] != nil)
    let sigmaData = try options.sigmaData()
    options.noteLabelDropout(unet)
    _ = try resolver.finish(family: "edm2")
    var notes = CheckpointNotes()
    notes.description = resolver.items
    notes.dropout = arguments.values["dropout"]?.number
    notes.trainedInHalfPrecision = arguments.values["use_fp16"]?.bool
    (notes.sigmaMinimum, notes.sigmaMaximum) = EDM2Options.levels
    let architecture = Architecture(
      preconditioning: .edm(sigmaData: sigmaData), network: .edm2(unet), imageResolution: resolution,
      imageChannels: imageChannels, labelDimension: labels)
    return (architecture, notes, unet)
  }

  private func multiplier(_ key: String) throws -> Int? {
    guard let value = arguments.values[key], !value.isNone else {
      resolver.note(key, "none", origin: arguments.values[key] == nil ? "default" : "the file")
      return nil
    }
    return try arguments.integer(key).map { resolver.told(key, $0) }
  }
}
