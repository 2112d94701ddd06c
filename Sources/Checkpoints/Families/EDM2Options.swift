/// The options of EDM2's constructors that tensors do not tell, from a file or a description, else the constructors'.
struct EDM2Options {
  let resolver: DescriptionResolver
  /// What the file says of an option; nil where nothing, as a state dictionary says of all.
  let told: (String) throws -> [Double]?

  func numbers(_ key: String, default fallback: [Double]) throws -> [Double] {
    if let values = try told(key) { return resolver.told(key, NumberList(values)).values }
    return resolver.resolve(key, default: NumberList(fallback), isOptional: true).values
  }

  func number(_ key: String, default fallback: Double) throws -> Double {
    let values = try numbers(key, default: [fallback])
    if values.count != 1 { resolver.problem("\"\(key)\": expected a number, found \(NumberList(values).text)") }
    return values.first ?? fallback
  }

  /// Fills what is the same in every file; `limitIsTold` where the file says `clip_act`, None included.
  func fill(_ unet: inout EDM2UNetArchitecture, limitIsTold: Bool = false) throws {
    unet.labelBalance = try number("label_balance", default: unet.labelBalance)
    unet.concatenationBalance = try number("concat_balance", default: unet.concatenationBalance)
    unet.residualBalance = try number("res_balance", default: unet.residualBalance)
    unet.attentionBalance = try number("attn_balance", default: unet.attentionBalance)
    unet.resampleFilter = try numbers("resample_filter", default: unet.resampleFilter)
    let width = try number("channels_per_head", default: Double(unet.channelsPerHead))
    if let width = Int(exactly: width) {
      unet.channelsPerHead = width
    } else {
      resolver.problem("\"channels_per_head\": expected an integer, found \(width)")
    }
    let limit = limitIsTold ? try told("clip_act")?.first : unet.activationLimit
    unet.activationLimit = resolver.resolveNullable("clip_act", limit, told: limitIsTold)
  }

  /// Neither kind of file says how often labels were dropped in training; the record says so.
  func noteLabelDropout(_ unet: EDM2UNetArchitecture) {
    if unet.labelDimension > 0 { resolver.note(CheckpointNotes.labelDropoutKey, CheckpointNotes.unknown) }
  }

  func sigmaData() throws -> Double { try number("sigma_data", default: 0.5) }

  /// The levels that its sampler runs through, which cover what training drew but for some 0.1 %.
  static let levels = (minimum: 0.002, maximum: 80.0)

  /// Tensors by their names here: the network below `model.`.
  static func renamed(_ tensors: [String: CheckpointTensor], prefix: String) -> [String: CheckpointTensor] {
    var result: [String: CheckpointTensor] = [:]
    for (name, tensor) in tensors {
      let isInside = name.hasPrefix(prefix) && !EDM2UNetArchitecture.trainingTensors.contains(name)
      result[isInside ? "model." + name.dropFirst(prefix.count) : name] = tensor
    }
    return result
  }
}
