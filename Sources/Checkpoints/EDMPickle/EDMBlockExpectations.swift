import Basics
import Pickles

/// What every block of a network must say about itself for the implementation here to be the one it was trained with.
///
/// The constructors of SongUNet and DhariwalUNet fix these (Docs/Networks.md, The pkl); a pickle made from changed
/// source would otherwise load and compute something else.
struct EDMBlockExpectations: ModuleExpectations {
  let skipScale: Double
  let isAdaptive: Bool
  let epsilon: Double
  let channelsPerHead: Int?

  let classes: Set<String> = [
    "EDMPrecond", "VPPrecond", "VEPrecond", "iDDPMPrecond", "SongUNet", "DhariwalUNet", "UNetBlock", "Linear",
    "Conv2d", "GroupNorm", "PositionalEmbedding", "FourierEmbedding", "ModuleDict",
  ]

  init(_ architecture: Architecture) {
    switch architecture.network {
    case .song: (skipScale, isAdaptive, epsilon, channelsPerHead) = (0.5.squareRoot(), false, 1e-6, nil)
    case .dhariwal: (skipScale, isAdaptive, epsilon, channelsPerHead) = (1, true, 1e-5, 64)
    case .ddpm, .edm2, .multiHead: preconditionFailure("EDM's pickles hold no such network")
    }
  }

  func check(_ module: EDMModule, file: String) throws {
    switch module.className {
    case "UNetBlock":
      try expect(module, file, "skip_scale", skipScale)
      if let value = module.attributes["adaptive_scale"], value.bool != isAdaptive {
        throw fail(module, file, "adaptive_scale", expected: isAdaptive ? "True" : "False", found: value)
      }
      guard let heads = module.attributes["num_heads"] else { return }
      let channels = module.attributes["out_channels"]?.integer ?? 0
      let expected = channelsPerHead.map { channels / $0 } ?? 1
      guard let count = heads.integer, count == 0 || count == expected else {
        throw fail(module, file, "num_heads", expected: "0 or \(expected)", found: heads)
      }
    case "GroupNorm":
      try expect(module, file, "eps", epsilon)
      guard let weight = module.attributes["num_groups"] else { return }
      guard let groups = weight.integer, (1...32).contains(groups) else {
        throw fail(module, file, "num_groups", expected: "1 to 32", found: weight)
      }
    default: break
    }
  }

  private func expect(_ module: EDMModule, _ file: String, _ name: String, _ expected: Double) throws {
    guard let value = module.attributes[name] else { return }
    guard let number = value.number, abs(number - expected) <= 1e-6 * expected else {
      throw fail(module, file, name, expected: "\(expected)", found: value)
    }
  }

  private func fail(
    _ module: EDMModule, _ file: String, _ name: String, expected: String, found: PickleValue
  ) -> InputError {
    InputError(
      "\(name) of this \(module.className) is not the network's", file: file, location: EDMModule.place(module.path),
      expected: expected, found: found.summary)
  }
}
