import Basics
import Foundation

/// A folder of diffusers: UNet2DModel's config.json and tensors, and the scheduler's scheduler_config.json.
struct DiffusersFamily {
  private let configuration: Fields
  private let scheduler: Fields
  private let state: StateDictionary
  private let resolver: DescriptionResolver

  /// A configuration's entries; null counts as absent.
  private struct Fields {
    let file: String
    let values: [String: JSONValue]

    func value<Value: DescriptionValue>(_ key: String, _ fallback: Value) throws -> Value {
      try optional(key) ?? fallback
    }

    func optional<Value: DescriptionValue>(_ key: String) throws -> Value? {
      guard let json = values[key], json != .null else { return nil }
      guard let value = Value(description: json) else {
        throw InputError(
          "wrong kind of value", file: file, location: "field \"\(key)\"", expected: Value.expectation,
          found: "\("\(json)".prefix(80))")
      }
      return value
    }

    func words(_ key: String) throws -> [String] {
      guard case .array(let elements)? = values[key] else {
        throw InputError("no list of names", file: file, location: "field \"\(key)\"")
      }
      return try elements.map { element in
        guard let word = element.string else {
          throw InputError("no list of names", file: file, location: "field \"\(key)\"")
        }
        return word
      }
    }

    func integers(_ key: String) throws -> [Int] {
      guard case .array(let elements)? = values[key] else {
        throw InputError("no list of integers", file: file, location: "field \"\(key)\"")
      }
      return try elements.map { element in
        guard let number = Int(description: element), (1...65536).contains(number) else {
          throw InputError("no list of integers", file: file, location: "field \"\(key)\"", found: "\(element)")
        }
        return number
      }
    }

    func require(_ key: String, _ found: String, among allowed: [String], _ problem: String = "not supported") throws {
      guard !allowed.contains(found) else { return }
      throw InputError(
        problem, file: file, location: "field \"\(key)\"", expected: allowed.joined(separator: " or "), found: found)
    }
  }

  /// - Throws: `InputError` naming the file and field that cannot be understood.
  static func read(_ path: String, _ description: ModelDescription?) throws -> (Checkpoint, digest: () -> String) {
    var folder = ModelFolder(path: path)
    guard let configuration = folder.find(["unet/config.json", "config.json"]) else {
      let indices = ["model", "diffusion_pytorch_model"].map { $0 + ".safetensors.index.json" }
      if let index = folder.find(indices + ["pytorch_model.bin.index.json"]) {
        let checkpoint = try FamilyReader.read(folder.tensors(index), description)
        let parts = folder
        return (checkpoint, { parts.digest() })
      }
      throw InputError(
        folder.find(["transformer", "vae", "text_encoder"]) == nil
          ? "a folder without a model" : "a folder of diffusers whose model is no UNet2DModel over pixels",
        file: path, expected: "unet/config.json, or config.json")
    }
    let weights = [
      "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.safetensors.index.json",
      "diffusion_pytorch_model.bin", "diffusion_pytorch_model.bin.index.json", "model.safetensors",
    ]
    let values = try folder.json(configuration)
    let fields = Fields(file: configuration, values: values)
    try requirePixels(fields, folder)
    guard let schedule = folder.find(["scheduler/scheduler_config.json", "scheduler_config.json"]) else {
      throw InputError(
        "a folder without a scheduler: nothing says on which noise levels it was trained", file: path,
        expected: "scheduler/scheduler_config.json, or scheduler_config.json")
    }
    let scheduler = Fields(file: schedule, values: try folder.json(schedule))
    let place = String(configuration.dropLast("config.json".count).dropFirst(path.count + 1))
    guard let file = folder.find(weights.map { place + $0 }) else {
      throw InputError(
        "a folder without tensors", file: path, expected: weights.map { place + $0 }.joined(separator: ", "))
    }
    let family = DiffusersFamily(
      configuration: fields, scheduler: scheduler, state: try folder.tensors(file),
      resolver: DescriptionResolver(file: path, description: description))
    var checkpoint = try family.checkpoint()
    checkpoint.file = path
    let parts = folder
    return (checkpoint, { parts.digest() })
  }

  private static func requirePixels(_ fields: Fields, _ folder: ModelFolder) throws {
    let name: String = try fields.value("_class_name", "UNet2DModel")
    guard name == "UNet2DModel" else {
      throw InputError(
        name == "UNet2DConditionModel" || name.contains("Transformer")
          ? "a latent diffusion model (Stable Diffusion's kind): it denoises an autoencoder's codes, and a certificate is "
            + "about pixels" : "a model of another class", file: fields.file, location: "field \"_class_name\"",
        expected: "UNet2DModel", found: name)
    }
    if folder.find(["vae", "vqvae"]) != nil {
      throw InputError(
        "a latent diffusion model: it denoises an autoencoder's codes, and a certificate is about pixels",
        file: folder.path)
    }
  }

  private func checkpoint() throws -> Checkpoint {
    let network = try network()
    let preconditioning = try preconditioning()
    let remarks = try resolver.finish(family: "diffusers")
    let architecture = Architecture(
      preconditioning: preconditioning, network: .ddpm(network), imageResolution: network.imageResolution,
      imageChannels: network.inputChannels, labelDimension: network.labelDimension)
    try architecture.validate(file: state.file)
    var notes = CheckpointNotes()
    notes.description = resolver.items
    if case .discrete(let schedule) = preconditioning {
      let levels = schedule.sigmas()
      (notes.sigmaMinimum, notes.sigmaMaximum) = (levels.first, levels.last)
    }
    var checkpoint = Checkpoint(
      file: state.file, digest: "", architecture: architecture, tensors: renamed(network), notes: notes)
    checkpoint.remarks = state.remarks + remarks
    return checkpoint
  }

  private func network() throws -> DDPMUNetArchitecture {
    let fields = configuration
    resolver.told("family", "diffusers")
    try fields.require("time_embedding_type", fields.value("time_embedding_type", "positional"), among: ["positional"])
    try fields.require("act_fn", fields.value("act_fn", "silu"), among: ["silu", "swish"])
    let middleScale: Double = try fields.value("mid_block_scale_factor", 1)
    try fields.require("mid_block_scale_factor", "\(middleScale)", among: ["1.0"])
    if let kind: String = try fields.optional("class_embed_type") {
      throw InputError(
        "not supported", file: fields.file, location: "field \"class_embed_type\"", expected: "null", found: kind)
    }
    let isCentred: Bool = try fields.value("center_input_sample", false)
    try fields.require("center_input_sample", "\(isCentred)", among: ["false"])
    try fields.require("mid_block_type", fields.value("mid_block_type", "UNetMidBlock2D"), among: ["UNetMidBlock2D"])
    let side: Int
    if case .array(let sides)? = fields.values["sample_size"] {
      let numbers = sides.compactMap { Int(description: $0) }
      guard numbers.count == 2, numbers[0] == numbers[1] else {
        throw InputError("not square", file: fields.file, location: "field \"sample_size\"", found: "\(sides)")
      }
      side = numbers[0]
    } else {
      guard let size: Int = try fields.optional("sample_size") else {
        throw InputError(
          "the file does not say how large its pictures are", file: fields.file, location: "field \"sample_size\"")
      }
      side = size
    }
    let widths = try fields.integers("block_out_channels")
    let downTypes = try fields.words("down_block_types")
    let upTypes = try fields.words("up_block_types")
    guard !widths.isEmpty, widths.count <= 12, downTypes.count == widths.count, upTypes.count == widths.count else {
      throw InputError(
        "block types do not fit the levels", file: fields.file, location: "field \"down_block_types\"",
        expected: "\(widths.count)", found: "\(downTypes.count) and \(upTypes.count)")
    }
    for type in downTypes { try fields.require("down_block_types", type, among: ["DownBlock2D", "AttnDownBlock2D"]) }
    for type in upTypes { try fields.require("up_block_types", type, among: ["UpBlock2D", "AttnUpBlock2D"]) }
    let downKind: String = try fields.value("downsample_type", "conv")
    let upKind: String = try fields.value("upsample_type", "conv")
    try fields.require("downsample_type", downKind, among: ["conv", "resnet"])
    try fields.require("upsample_type", upKind, among: ["conv", "resnet"])
    let shift: String = try fields.value("resnet_time_scale_shift", "default")
    try fields.require("resnet_time_scale_shift", shift, among: ["default", "scale_shift"])
    let groups: Int = try fields.value("norm_num_groups", 32)
    let middleGroups: Int? = try fields.optional("attn_norm_num_groups")
    let isHeadNull = fields.values["attention_head_dim"] == .null
    let headChannels: Int = try fields.value("attention_head_dim", 8)
    guard headChannels > 0 else {
      throw InputError(
        "out of range", file: fields.file, location: "field \"attention_head_dim\"", found: "\(headChannels)")
    }
    let classes: Int = try fields.value("num_class_embeds", 0)
    let inputs: Int = try fields.value("in_channels", 3)
    guard inputs == 1 || inputs == 3 else {
      throw InputError(
        "not a network over grey or colour pictures; a latent model denoises an autoencoder's codes, and a certificate is "
          + "about pixels", file: fields.file, location: "field \"in_channels\"", expected: "1 or 3", found: "\(inputs)"
      )
    }
    guard let first = state.tensors["time_embedding.linear_1.weight"]?.shape, first.count == 2 else {
      throw InputError(
        "no embedding of the time", file: state.file, location: "tensor \"time_embedding.linear_1.weight\"")
    }
    let zeroLabel = classes > 0 ? resolver.resolve("zero_label", default: false, isOptional: true) : true
    if classes == 0 { resolver.ignore(["zero_label"]) }
    let upAttends: [Bool] = upTypes.reversed().map { $0 == "AttnUpBlock2D" }
    return DDPMUNetArchitecture(
      imageResolution: side, inputChannels: inputs, outputChannels: try fields.value("out_channels", 3),
      labelDimension: classes, stemChannels: widths[0], embeddingInputs: widths[0], embeddingChannels: first[0],
      startsWithCosines: try fields.value("flip_sin_to_cos", true), frequencyShift: try fields.value("freq_shift", 0),
      levels: widths.indices.map { level in
        let attends = downTypes[level] == "AttnDownBlock2D"
        return DDPMUNetArchitecture.Level(
          channels: widths[level], heads: isHeadNull ? 1 : max(1, widths[level] / headChannels), attendsDown: attends,
          attendsUp: upAttends[level], down: attends && downKind == "resnet" ? .block : .convolution,
          up: upAttends[level] && upKind == "resnet" ? .block : .convolution)
      },
      blocks: try fields.value("layers_per_block", 2), middleAttends: try fields.value("add_attention", true),
      middleAttentionGroups: middleGroups ?? (shift == "default" ? groups : 0), groups: groups,
      epsilon: try fields.value("norm_eps", 1e-5), hasScaleShift: shift == "scale_shift", attentionOrder: .separate,
      downPadding: try fields.value("downsample_padding", 1), answersWithoutLabel: zeroLabel)
  }

  private func preconditioning() throws -> Preconditioning {
    let fields = scheduler
    let rescales: Bool = try fields.value("rescale_betas_zero_snr", false)
    try fields.require("rescale_betas_zero_snr", "\(rescales)", among: ["false"])
    let prediction: String = try fields.value("prediction_type", "epsilon")
    let predictions = DiscreteSchedule.Prediction.allCases
    try fields.require("prediction_type", prediction, among: predictions.map(\.rawValue))
    let steps: Int = try fields.value("num_train_timesteps", 1000)
    guard (2...DiscreteSchedule.maximumSteps).contains(steps) else {
      throw InputError("out of range", file: fields.file, location: "field \"num_train_timesteps\"", found: "\(steps)")
    }
    let kind: String = try fields.value("beta_schedule", "linear")
    try fields.require("beta_schedule", kind, among: ["linear", "scaled_linear", "squaredcos_cap_v2"])
    let list: NumberList? = try fields.optional("trained_betas")
    let start: Double = try fields.value("beta_start", 0.0001)
    let end: Double = try fields.value("beta_end", 0.02)
    resolver.told("num_train_timesteps", steps)
    resolver.told("beta_schedule", kind)
    resolver.told("beta_start", start)
    resolver.told("beta_end", end)
    resolver.told("prediction_type", prediction)
    let timestep = resolver.resolve(
      "timestep", among: ["interpolated", "rounded"], default: "interpolated", isOptional: true)
    return .discrete(
      DiscreteSchedule(
        betas: list != nil
          ? .listed : kind == "squaredcos_cap_v2" ? .cosine : kind == "linear" ? .linear : .scaledLinear,
        steps: steps, start: start, end: end, list: list?.values ?? [],
        prediction: DiscreteSchedule.Prediction(rawValue: prediction) ?? .epsilon, rounds: timestep == "rounded",
        timestepScale: 1))
  }

  private static let block: BlockNames.Pairs = [
    ("norm1", "norm0"), ("conv1", "conv0"), ("time_emb_proj", "affine"), ("norm2", "norm1"), ("conv2", "conv1"),
    ("conv_shortcut", "skip"),
  ]
  /// Newer names and, from before 2023, older ones.
  private static let attention: BlockNames.Pairs = [
    ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj"), ("query", "q"), ("key", "k"), ("value", "v"),
    ("proj_attn", "proj"),
  ]

  private func renamed(_ network: DDPMUNetArchitecture) -> [String: CheckpointTensor] {
    var names = BlockNames(state)
    func block(_ theirs: String, _ ours: String, attention: String?) {
      names.move(theirs, ours, Self.block)
      guard let attention else { return }
      names.move(attention + ".group_norm", ours + ".norm2")
      names.movePointwise(attention, ours, Self.attention)
    }
    names.move("time_embedding.linear_1", "map_layer0")
    names.move("time_embedding.linear_2", "map_layer1")
    names.moveTable("class_embedding", "map_label")
    names.move("conv_in", "enc.level0_conv")
    let count = network.levels.count
    for (index, level) in network.levels.enumerated() {
      let (down, up) = ("down_blocks.\(index)", "up_blocks.\(count - 1 - index)")
      for place in 0..<network.blocks {
        block(
          "\(down).resnets.\(place)", "enc.level\(index)_block\(place)",
          attention: level.attendsDown ? "\(down).attentions.\(place)" : nil)
      }
      for place in 0...network.blocks {
        block(
          "\(up).resnets.\(place)", "dec.level\(index)_block\(place)",
          attention: level.attendsUp ? "\(up).attentions.\(place)" : nil)
      }
      if index < count - 1 {
        names.move("\(down).downsamplers.0.conv", "enc.level\(index + 1)_down")
        block("\(down).downsamplers.0", "enc.level\(index + 1)_down", attention: nil)
      }
      if index > 0 {
        names.move("\(up).upsamplers.0.conv", "dec.level\(index - 1)_up")
        block("\(up).upsamplers.0", "dec.level\(index - 1)_up", attention: nil)
      }
    }
    block("mid_block.resnets.0", "dec.level\(count - 1)_in0", attention: "mid_block.attentions.0")
    block("mid_block.resnets.1", "dec.level\(count - 1)_in1", attention: nil)
    names.move("conv_norm_out", "out_norm")
    names.move("conv_out", "out_conv")
    return names.all
  }
}
