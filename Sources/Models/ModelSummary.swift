import Checkpoints

/// A model's architecture in words.
public struct ModelSummary: Sendable {
  let architecture: Architecture

  public init(_ architecture: Architecture) { self.architecture = architecture }

  /// One line, as it appears in records: `SongUNet (DDPM++), EDM preconditioning, 1×32×32, 10 classes`.
  public var line: String {
    let classes = architecture.labelDimension == 0 ? "unconditional" : "\(architecture.labelDimension) classes"
    return "\(network), \(preconditioning) preconditioning, \(architecture.imageShape), \(classes)"
  }

  public var network: String {
    switch architecture.network {
    case .song(let song):
      song.encoder == .standard && song.embedding == .positional
        ? "SongUNet (DDPM++)" : song.encoder == .residual ? "SongUNet (NCSN++)" : "SongUNet"
    case .dhariwal: "DhariwalUNet (ADM)"
    case .ddpm: "DDPM's U-Net"
    case .edm2: "EDM2's U-Net"
    case .multiHead: "MultiHeadUNet"
    }
  }

  public var preconditioning: String {
    switch architecture.preconditioning {
    case .edm(let sigmaData): "EDM (sigma_data \(sigmaData))"
    case .vp(let betaD, let betaMin, let steps): "VP (beta_d \(betaD), beta_min \(betaMin), M \(steps))"
    case .ve: "VE"
    case .iddpm(let c1, let c2, let steps): "iDDPM (C_1 \(c1), C_2 \(c2), M \(steps))"
    case .consistency(let sigmaData): "EDM teacher (sigma_data \(sigmaData))"
    case .discrete(let schedule):
      "\(prediction(schedule)) prediction (\(schedule.betas.rawValue), \(schedule.steps) steps, t "
        + "\(schedule.rounds ? "rounded" : "interpolated")"
        + (schedule.timestepScale == 1 ? ")" : " times \(schedule.timestepScale))")
    }
  }

  private func prediction(_ schedule: DiscreteSchedule) -> String {
    switch schedule.prediction {
    case .epsilon: "ε"
    case .sample: "x₀"
    case .velocity: "v"
    }
  }

  /// The constructor's arguments, name and value.
  public var details: [(String, String)] {
    func list(_ values: [some CustomStringConvertible]) -> String { values.map(\.description).joined(separator: ", ") }
    switch architecture.network {
    case .song(let song):
      return [
        ("channels", "\(song.modelChannels) x [\(list(song.channelMultipliers))]"),
        ("blocks per level", "\(song.blocks)"), ("attention at", list(song.attentionResolutions)),
        ("embedding", song.embedding.rawValue), ("encoder", song.encoder.rawValue),
        ("decoder", song.decoder.rawValue), ("resample filter", list(song.resampleFilter)),
        ("augmentation input", song.augmentDimension == 0 ? "none" : "\(song.augmentDimension) (zero here)"),
      ]
    case .dhariwal(let adm):
      return [
        ("channels", "\(adm.modelChannels) x [\(list(adm.channelMultipliers))]"),
        ("blocks per level", "\(adm.blocks)"), ("attention at", list(adm.attentionResolutions)),
        ("augmentation input", adm.augmentDimension == 0 ? "none" : "\(adm.augmentDimension) (zero here)"),
      ]
    case .ddpm(let ddpm):
      let attending = ddpm.levels.enumerated().filter { $0.element.attendsDown || $0.element.attendsUp }
      return [
        ("channels", list(ddpm.levels.map(\.channels))), ("blocks per level", "\(ddpm.blocks)"),
        ("attention at", list(attending.map { ddpm.imageResolution >> $0.offset })),
        ("heads", list(attending.map(\.element.heads))), ("attention order", ddpm.attentionOrder.rawValue),
        ("groups", "\(ddpm.groups)"),
      ]
    case .edm2(let edm2):
      let attending = edm2.channels.indices.filter {
        edm2.attentionResolutions.contains(edm2.imageResolution >> $0) && edm2.heads(channels: edm2.channels[$0]) > 0
      }
      return [
        ("channels", list(edm2.channels)), ("blocks per level", "\(edm2.blocks)"),
        ("attention at", list(attending.map { edm2.imageResolution >> $0 })),
        ("heads", list(attending.map { edm2.heads(channels: edm2.channels[$0]) })),
        ("resample filter", list(edm2.resampleFilter)),
      ]
    case .multiHead(let multiHead):
      let classes = multiHead.labelDimension
      return [
        ("channels", list(multiHead.channels)), ("blocks down", list(multiHead.encoderBlocks)),
        ("blocks up", list(multiHead.decoderBlocks)),
        ("a position is", "\(multiHead.patch)×\(multiHead.patch) pixels"),
        ("heads", "\(multiHead.heads): an evaluation answers \(classes == 0 ? "" : "all \(classes) classes and ")none"),
      ]
    }
  }
}
