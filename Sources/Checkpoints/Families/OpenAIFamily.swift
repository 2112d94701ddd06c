import Basics
import Foundation

/// guided-diffusion, improved-diffusion and the EDM teacher of consistency models: one network under the same names.
///
/// Sources: openai/guided-diffusion `unet.py`, openai/improved-diffusion, openai/consistency_models.
struct OpenAIFamily {
  private static let families = ["guided-diffusion", "improved-diffusion", "consistency-edm"]

  private let state: StateDictionary
  private let resolver: DescriptionResolver

  init(_ state: StateDictionary, _ resolver: DescriptionResolver) {
    self.state = state
    self.resolver = resolver
  }

  private func fail(_ problem: String, _ tensor: String, expected: String? = nil) -> InputError {
    InputError(
      problem, file: state.file, location: "tensor \"\(tensor)\"", expected: expected,
      found: state.tensors[tensor].map { "shape \($0.shape)" } ?? "none")
  }

  private func shape(_ name: String, axes: Int) throws -> [Int] {
    guard let shape = state.tensors.shape(of: name, axes: axes) else {
      throw fail("the network cannot be told without this tensor", name, expected: "\(axes) axes")
    }
    return shape
  }

  private func has(_ name: String) -> Bool { state.tensors[name] != nil }

  func checkpoint() throws -> Checkpoint {
    let outputBlocks = count("output_blocks")
    let inputBlocks = count("input_blocks")
    guard inputBlocks >= 2, inputBlocks == outputBlocks else {
      throw InputError(
        "as many input blocks as output blocks make a network", file: state.file, expected: "\(inputBlocks)",
        found: "\(outputBlocks)")
    }
    // The first output block that ends in a way up is the last of the lowest level.
    let last = (0..<outputBlocks).first { isUp($0) } ?? outputBlocks - 1
    guard outputBlocks.isMultiple(of: last + 1), last >= 1 else {
      throw InputError("levels of different lengths", file: state.file, location: "output_blocks.\(last)")
    }
    let blocks = resolver.told("num_res_blocks", last)
    let levelCount = outputBlocks / (last + 1)
    return try checkpoint(blocks: blocks, levelCount: levelCount)
  }

  private func count(_ list: String) -> Int {
    (0..<4096).first { index in
      !["0.in_layers.2", "0.op", "0", "0.0"].contains { has("\(list).\(index).\($0).weight") }
    }
      ?? 0
  }

  /// The name of what doubles the picture at the end of an output block, if it does.
  private func up(_ index: Int) -> (name: String, resampling: DDPMUNetArchitecture.Resampling)? {
    for place in 1...2 {
      let name = "output_blocks.\(index).\(place)"
      if has(name + ".conv.weight") { return (name + ".conv", .convolution) }
      if has(name + ".in_layers.2.weight") { return (name, .block) }
    }
    return nil
  }

  private func isUp(_ index: Int) -> Bool { up(index) != nil }

  private func checkpoint(blocks: Int, levelCount: Int) throws -> Checkpoint {
    let embedding = try shape("time_embed.0.weight", axes: 2)
    let stem = try shape("input_blocks.0.0.weight", axes: 4)
    let outputs = try shape("out.2.weight", axes: 4)[0]
    let channels = resolver.told("num_channels", embedding[1])
    let widths = try (0..<levelCount).map { level in
      try shape("input_blocks.\(level * (blocks + 1) + 1).0.out_layers.3.weight", axes: 4)[0]
    }
    resolver.told("channel_mult", NumberList(widths.map { Double($0) / Double(channels) }))
    let affine = try shape("input_blocks.1.0.emb_layers.1.weight", axes: 2)[0]
    let hasScaleShift = resolver.told("use_scale_shift_norm", affine == 2 * widths[0])
    let down = (0..<levelCount).map { level -> DDPMUNetArchitecture.Resampling in
      has("input_blocks.\((level + 1) * (blocks + 1)).0.op.weight") ? .convolution : .block
    }
    let classes = has("label_emb.weight") ? try shape("label_emb.weight", axes: 2)[0] : 0
    resolver.told("class_cond", classes > 0)
    if classes > 0 { resolver.told("num_classes", classes) } else { resolver.ignore(["num_classes"]) }
    resolver.told("learn_sigma", outputs == 2 * stem[1])
    let usesBlocks = levelCount == 1 ? nil : down[0] == .block
    if let usesBlocks { resolver.told("resblock_updown", usesBlocks) } else { resolver.ignore(["resblock_updown"]) }

    let attention = state.tensors.first { $0.key.hasSuffix(".qkv.weight") }?.value.shape.count
    let family = try family(isTeacher: attention == 4, usesBlocks: usesBlocks ?? true)
    let isTeacher = family == "consistency-edm"
    let size = resolver.resolve("image_size", in: 1...Architecture.largestResolution, default: 64)
    func attends(_ name: String) -> Bool { has(name + ".1.qkv.weight") }
    let onTheWayDown = (0..<levelCount).map { attends("input_blocks.\($0 * (blocks + 1) + 1)") }
    let onTheWayUp = (0..<levelCount).map { attends("output_blocks.\((levelCount - 1 - $0) * (blocks + 1))") }
    holdAttention(onTheWayDown, size)
    let heads = try heads(widths, isTeacher: isTeacher)
    let order: DDPMUNetArchitecture.AttentionOrder
    if isTeacher {
      resolver.told("use_new_attention_order", true)
      order = .new
    } else {
      order = resolver.resolve("use_new_attention_order", default: false) ? .new : .old
    }
    let preconditioning = preconditioning(family)
    let zeroLabel = classes > 0 ? resolver.resolve("zero_label", default: false, isOptional: true) : true
    if classes == 0 { resolver.ignore(["zero_label"]) }
    ignoreTheRest()

    let network = DDPMUNetArchitecture(
      imageResolution: size, inputChannels: stem[1], outputChannels: outputs, labelDimension: classes,
      stemChannels: stem[0], embeddingInputs: channels, embeddingChannels: embedding[0], startsWithCosines: true,
      frequencyShift: 0,
      levels: (0..<levelCount).map { level in
        DDPMUNetArchitecture.Level(
          channels: widths[level], heads: heads[level], attendsDown: onTheWayDown[level],
          attendsUp: onTheWayUp[level], down: down[level],
          // What leads up from a level stands at the end of its last output block.
          up: level == 0 ? .block : up((levelCount - level) * (blocks + 1) - 1)?.resampling ?? .block)
      },
      blocks: blocks, middleAttends: true, middleAttentionGroups: 32, groups: 32, epsilon: 1e-5,
      hasScaleShift: hasScaleShift, attentionOrder: order, downPadding: 1, answersWithoutLabel: zeroLabel)
    let remarks = try resolver.finish(family: family)
    var notes = CheckpointNotes()
    notes.description = resolver.items
    (notes.sigmaMinimum, notes.sigmaMaximum) = (0.002, 80)
    if case .discrete(let schedule) = preconditioning {
      let architecture = Architecture(
        preconditioning: preconditioning, network: .ddpm(network), imageResolution: size, imageChannels: stem[1],
        labelDimension: classes)
      try architecture.validate(file: state.file)
      let levels = schedule.sigmas()
      (notes.sigmaMinimum, notes.sigmaMaximum) = (levels.first, levels.last)
    }
    var checkpoint = Checkpoint(
      file: state.file, digest: "",
      architecture: Architecture(
        preconditioning: preconditioning, network: .ddpm(network), imageResolution: size, imageChannels: stem[1],
        labelDimension: classes),
      tensors: renamed(network), notes: notes)
    checkpoint.remarks = state.remarks + remarks
    return checkpoint
  }

  /// The file tells only whether it is a consistency model's teacher, and how its pictures are halved.
  private func family(isTeacher: Bool, usesBlocks: Bool) throws -> String {
    let told = isTeacher ? "consistency-edm" : usesBlocks ? "guided-diffusion" : "improved-diffusion"
    let name = URL(fileURLWithPath: state.file).lastPathComponent
    let isStated = resolver.stated("family", as: String.self)
    if let stated = isStated {
      let fits =
        isTeacher ? [told] : Self.families.filter { $0 != "consistency-edm" || !has("middle_block.1.qkv.weight") }
      if !fits.contains(stated) {
        resolver.problem(
          "\"family\": expected \(fits.joined(separator: " or ")), as the file tells, found \"\(stated)\"")
      }
    } else if isTeacher, name.hasPrefix("cd_") || name.hasPrefix("ct_") {
      throw InputError(
        "by its name a consistency function, which maps noise to a picture and is no denoiser; its file cannot be told "
          + "from its teacher's: if it is one, say so by \"family\": \"consistency-edm\" in a --model-config",
        file: state.file)
    }
    return resolver.resolve("family", among: Self.families, default: told, isOptional: true)
  }

  /// A described list may name resolutions that the network does not have.
  private func holdAttention(_ levels: [Bool], _ size: Int) {
    let sides = levels.indices.map { size >> $0 }
    let found = sides.indices.filter { levels[$0] }.map { Double(sides[$0]) }
    guard let stated = resolver.stated("attention_resolutions", as: NumberList.self) else {
      resolver.told("attention_resolutions", NumberList(found))
      return
    }
    let meant = stated.values.filter { value in sides.contains { Double($0) == value } }
    if Set(meant) != Set(found) {
      resolver.problem(
        "\"attention_resolutions\": expected \(NumberList(found).text), which the file tells, found \(stated.text)")
    }
  }

  private func heads(_ widths: [Int], isTeacher: Bool) throws -> [Int] {
    let attends = state.tensors.keys.contains { $0.hasSuffix(".qkv.weight") }
    let wide = resolver.resolve(
      "num_head_channels", in: -1...65536, default: isTeacher ? 64 : -1,
      isOptional: !attends || resolver.stated("num_heads", as: Int.self) != nil)
    resolver.allow("num_heads_upsample", only: -1)
    guard wide < 1 else {
      resolver.ignore(["num_heads"])
      return widths.map { max(1, $0 / wide) }
    }
    let heads = resolver.resolve("num_heads", in: 1...65536, default: 4, isOptional: true)
    return widths.map { _ in heads }
  }

  private func preconditioning(_ family: String) -> Preconditioning {
    if family == "consistency-edm" {
      return .consistency(sigmaData: resolver.resolve("sigma_data", default: 0.5, isOptional: true))
    }
    let noise = resolver.resolve("noise_schedule", among: ["linear", "cosine"], default: "linear")
    let steps = resolver.resolve("diffusion_steps", in: 2...DiscreteSchedule.maximumSteps, default: 1000)
    let rescales = resolver.resolve("rescale_timesteps", default: family == "improved-diffusion")
    let timestep = resolver.resolve(
      "timestep", among: ["interpolated", "rounded"], default: "interpolated", isOptional: true)
    return .discrete(
      DiscreteSchedule(
        betas: noise == "cosine" ? .cosine : .linear, steps: steps, start: 0.1 / Double(steps),
        end: min(20 / Double(steps), 0.9999), list: [], prediction: .epsilon, rounds: timestep == "rounded",
        timestepScale: rescales ? 1000 / Double(steps) : 1))
  }

  private func ignoreTheRest() {
    resolver.allow("predict_xstart", only: false)
    resolver.ignore([
      "dropout", "use_fp16", "use_checkpoint", "timestep_respacing", "sigma_small", "use_kl",
      "rescale_learned_sigmas", "rescale_learned_sigma", "fp16_scale_growth", "weight_decay", "lr", "lr_anneal_steps",
      "batch_size", "microbatch", "ema_rate", "log_interval", "save_interval", "resume_checkpoint", "data_dir",
      "schedule_sampler", "clip_denoised", "num_samples", "use_ddim", "model_path", "weight_schedule", "sigma_min",
      "sigma_max", "large_size", "small_size", "resample",
    ])
    if resolver.isDescribed { resolver.ignore(["num_heads"]) }
  }

  private static let block: BlockNames.Pairs = [
    ("in_layers.0", "norm0"), ("in_layers.2", "conv0"), ("emb_layers.1", "affine"), ("out_layers.0", "norm1"),
    ("out_layers.3", "conv1"), ("skip_connection", "skip"),
  ]

  private func renamed(_ network: DDPMUNetArchitecture) -> [String: CheckpointTensor] {
    var names = BlockNames(state)
    func block(_ theirs: String, _ ours: String, attention: String?) {
      names.move(theirs, ours, Self.block)
      guard let attention else { return }
      names.move(attention + ".norm", ours + ".norm2")
      names.movePointwise(attention, ours, [("qkv", "qkv"), ("proj_out", "proj")])
    }
    let (length, count) = (network.blocks + 1, network.levels.count)
    names.move("time_embed.0", "map_layer0")
    names.move("time_embed.2", "map_layer1")
    names.moveTable("label_emb", "map_label")
    names.move("input_blocks.0.0", "enc.level0_conv")
    for level in 0..<count {
      if level > 0 {
        let theirs = "input_blocks.\(level * length).0"
        if network.levels[level - 1].down == .convolution {
          names.move(theirs + ".op", "enc.level\(level)_down")
        } else {
          block(theirs, "enc.level\(level)_down", attention: nil)
        }
      }
      for index in 0..<network.blocks {
        let theirs = "input_blocks.\(level * length + 1 + index)"
        block(theirs + ".0", "enc.level\(level)_block\(index)", attention: theirs + ".1")
      }
      for index in 0..<length {
        let theirs = "output_blocks.\((count - 1 - level) * length + index)"
        let attends = network.levels[level].attendsUp
        block(theirs + ".0", "dec.level\(level)_block\(index)", attention: attends ? theirs + ".1" : nil)
      }
      guard level > 0, let up = up((count - level) * length - 1) else { continue }
      if up.resampling == .convolution {
        names.move(up.name, "dec.level\(level - 1)_up")
      } else {
        block(up.name, "dec.level\(level - 1)_up", attention: nil)
      }
    }
    block("middle_block.0", "dec.level\(count - 1)_in0", attention: "middle_block.1")
    block("middle_block.2", "dec.level\(count - 1)_in1", attention: nil)
    names.move("out.0", "out_norm")
    names.move("out.2", "out_conv")
    return names.all
  }
}
