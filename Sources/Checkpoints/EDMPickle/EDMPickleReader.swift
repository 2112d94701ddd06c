import Basics
import Pickles

/// Reads the `ema` network of an EDM or EDM2 `.pkl` (Docs/Networks.md, The pkl).
struct EDMPickleReader {
  private let source: ByteSource
  private let holdsTensors: [Bool]
  private var tensors: TorchTensors
  private var found: [String: CheckpointTensor] = [:]
  private var seenStates: Set<Int> = []

  private static let maximumModules = 20_000
  private static let maximumDepth = 32

  /// - Throws: `InputError` naming the file and the module, option or tensor.
  static func read(_ source: ByteSource) throws -> Checkpoint {
    let pickle = try PickleReader.read(source)
    guard let ema = pickle.root["ema"] else {
      let keys = pickle.root.entries?.prefix(8).map(\.key.summary).joined(separator: ", ")
      throw InputError(
        "the pickle holds no EDM network", file: source.name, location: "offset 0",
        expected: "a dict with the entry \"ema\"", found: keys ?? pickle.root.summary)
    }
    var reader = EDMPickleReader(source: source, pickle: pickle)
    let preconditioner = try EDMModule(ema, path: "")
    let modules = try EDMModule.entries(
      preconditioner.attributes["_modules"] ?? ema, file: source.name, place: EDMModule.place(""))
    var checkpoint: Checkpoint
    if let network = modules["model"] {
      checkpoint = try reader.edm(ema, preconditioner, EDMModule(network, path: "model"))
    } else if let network = modules["unet"] {
      try requirePixels(pickle.root, source.name)
      checkpoint = try reader.edm2(ema, preconditioner, EDMModule(network, path: "unet"))
      if pickle.root["encoder"] == nil, checkpoint.architecture.imageChannels == 4 { throw latent(source.name) }
    } else {
      throw InputError(
        "the preconditioner holds no network \"model\" or \"unet\"", file: source.name, location: "the network")
    }
    checkpoint.notes.trainingSet = pickle.root["dataset_kwargs"]?["class_name"]?.text
    return checkpoint
  }

  private mutating func edm(
    _ ema: PickleValue, _ preconditioner: EDMModule, _ network: EDMModule
  ) throws -> Checkpoint {
    let builder = try EDMArchitectureBuilder(preconditioner: preconditioner, network: network, file: source.name)
    let architecture = try builder.architecture()
    try architecture.validate(file: source.name)
    try collect(ema, path: "", depth: 0, EDMBlockExpectations(architecture))
    return Checkpoint(
      file: source.name, digest: "", architecture: architecture, tensors: found, notes: builder.notes())
  }

  private mutating func edm2(
    _ ema: PickleValue, _ preconditioner: EDMModule, _ network: EDMModule
  ) throws -> Checkpoint {
    let (architecture, notes, unet) = try EDM2ArchitectureBuilder(
      preconditioner: preconditioner, network: network, file: source.name
    ).build()
    try architecture.validate(file: source.name)
    try collect(ema, path: "", depth: 0, EDM2BlockExpectations(unet: unet))
    return Checkpoint(
      file: source.name, digest: "", architecture: architecture,
      tensors: EDM2Options.renamed(found, prefix: "unet."), notes: notes)
  }

  /// EDM2's files say by their encoder whether the network denoises pixels or an autoencoder's codes.
  private static func requirePixels(_ root: PickleValue, _ file: String) throws {
    guard let encoder = root["encoder"], !encoder.isNone else { return }
    let name = encoder.object?.arguments.sequence?.first?["class_name"]?.text
    guard name != "StandardRGBEncoder" else { return }
    if name == "StabilityVAEEncoder" { throw latent(file) }
    throw InputError(
      "an encoder that is not known: the network may denoise something other than pixels", file: file,
      location: "the entry \"encoder\"", expected: "StandardRGBEncoder", found: name ?? encoder.summary)
  }

  private static func latent(_ file: String) -> InputError {
    InputError(
      "a latent model of EDM2 (img512): it denoises an autoencoder's codes, and a certificate is about pixels",
      file: file,
      location: "the network")
  }

  private init(source: ByteSource, pickle: Pickle) {
    self.source = source
    tensors = TorchTensors(source: source)
    holdsTensors = pickle.reaching { value in
      value.globalName.map { TorchTensors.constructors.contains($0) } ?? false
    }
  }

  private func fail(_ problem: String, _ path: String, expected: String? = nil, found: String? = nil) -> InputError {
    InputError(
      problem, file: source.name, location: EDMModule.place(path), expected: expected, found: found)
  }

  /// Collects the tensors of a module and of the modules below it.
  private mutating func collect(
    _ value: PickleValue, path: String, depth: Int, _ expectations: some ModuleExpectations
  ) throws {
    guard depth <= Self.maximumDepth else { throw fail("modules are nested too deeply", path) }
    guard seenStates.count < Self.maximumModules else { throw fail("too many modules", path) }
    let module = try EDMModule(value, path: path)
    guard expectations.classes.contains(module.className) else {
      throw fail("a module of an unknown class", path, found: module.className)
    }
    let parts = ["_parameters", "_buffers", "_modules"]
    for part in parts {
      guard let identity = module.attributes[part]?.identity else {
        throw fail("the module has no \(part)", path)
      }
      guard seenStates.insert(identity).inserted else { throw fail("a module is used twice or contains itself", path) }
    }
    try expectations.check(module, file: source.name)
    for (name, attribute) in module.attributes where !parts.contains(name) && holdsTensors[attribute.identity] {
      throw fail(
        "an attribute that is no parameter, buffer or module holds tensors", module.child(name),
        found: attribute.summary)
    }
    for part in parts.dropLast() {
      for (name, tensor) in try entries(of: module, part) where !tensor.isNone {
        let path = module.child(name)
        guard found.updateValue(try tensors.tensor(tensor, name: path), forKey: path) == nil else {
          throw fail("two tensors have one name", path)
        }
      }
    }
    for (name, child) in try entries(of: module, "_modules") where !child.isNone {
      try collect(child, path: module.child(name), depth: depth + 1, expectations)
    }
  }

  /// The named parts of a module, in the order of their names so that errors do not depend on chance.
  private func entries(of module: EDMModule, _ part: String) throws -> [(String, PickleValue)] {
    guard let value = module.attributes[part] else { return [] }
    let entries = try EDMModule.entries(value, file: source.name, place: EDMModule.place(module.path))
    for name in entries.keys where name.isEmpty || name.contains(".") || !name.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
    {
      throw fail("a name that is no plain word", module.path, found: "\"\(name)\"")
    }
    return entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
