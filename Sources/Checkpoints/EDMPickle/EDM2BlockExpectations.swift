import Basics
import Pickles

/// What EDM2's network and its blocks must say about themselves: a pickle made from changed source, or one whose blocks
/// differ among each other, would otherwise load and compute something else.
struct EDM2BlockExpectations: ModuleExpectations {
  let unet: EDM2UNetArchitecture

  let classes: Set<String> = ["Precond", "UNet", "Block", "MPConv", "MPFourier", "ModuleDict"]

  func check(_ module: EDMModule, file: String) throws {
    let last = String(module.path.split(separator: ".").last ?? "")
    func expect(_ name: String, _ expected: String, _ isRight: (PickleValue) -> Bool) throws {
      guard let value = module.attributes[name], !isRight(value) else { return }
      throw InputError(
        "\(name) of this \(module.className) is not the network's", file: file, location: EDMModule.place(module.path),
        expected: expected, found: value.summary)
    }
    func expect(_ name: String, _ expected: Double) throws {
      try expect(name, "\(expected)") { $0.number.map { abs($0 - expected) <= 1e-6 * abs(expected) } ?? false }
    }
    switch module.className {
    case "UNet":
      try expect("label_balance", unet.labelBalance)
      try expect("concat_balance", unet.concatenationBalance)
    case "Block":
      try expect("res_balance", unet.residualBalance)
      try expect("attn_balance", unet.attentionBalance)
      if let limit = unet.activationLimit {
        try expect("clip_act", limit)
      } else {
        try expect("clip_act", "None") { $0.isNone }
      }
      try expect("resample_filter", "\(unet.resampleFilter)") { value in
        value.sequence.map { $0.compactMap(\.number) == unet.resampleFilter } ?? false
      }
      let flavour = module.path.split(separator: ".").dropLast().last ?? ""
      try expect("flavor", "\"\(flavour)\"") { $0.text.map { $0 == flavour } ?? false }
      let mode = last.hasSuffix("_down") ? "down" : last.hasSuffix("_up") ? "up" : "keep"
      try expect("resample_mode", "\"\(mode)\"") { $0.text == mode }
      let heads = unet.heads(channels: module.attributes["out_channels"]?.integer ?? 0)
      try expect("num_heads", "0 or \(heads)") { $0.integer == 0 || $0.integer == heads }
    default: break
    }
  }
}
