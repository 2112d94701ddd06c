import Basics
import Foundation
import Pickles

extension Checkpoint {
  /// Reads an EDM or EDM2 `.pkl`, a `.safetensors` file written by `ndc convert`, what torch.save wrote of a network of a known
  /// family, or a folder of diffusers, told apart by their contents.
  ///
  /// The weights stay in the mapped file. Nothing in the file is executed, every size is checked before memory is
  /// taken, and every weight is finite.
  /// - Parameter description: what the file does not say; nil for STEM.json beside it, where there is one.
  /// - Throws: `InputError` naming the file and the place in it.
  public static func load(path: String, description: ModelDescription? = nil) throws -> Checkpoint {
    var (checkpoint, digest) = try unchecked(path, description)
    try checkpoint.checkFinite()
    if let quantization = checkpoint.quantization { try QuantizationJSON.check(quantization, against: checkpoint) }
    checkpoint.digest = digest()
    return checkpoint
  }

  /// What network a file holds, and what it says about itself: in a moment however large it is, since no weight is read.
  ///
  /// - Throws: `InputError` as `load`, but for what is wrong in the weights.
  public static func outline(
    path: String, description: ModelDescription? = nil
  ) throws -> (architecture: Architecture, notes: CheckpointNotes) {
    let (checkpoint, _) = try unchecked(path, description)
    return (checkpoint.architecture, checkpoint.notes)
  }

  /// Without a look at the weights, and with a digest that is taken when it is asked for.
  private static func unchecked(
    _ path: String, _ given: ModelDescription?
  ) throws -> (Checkpoint, digest: () -> String) {
    if ModelFolder.isFolder(path) { return try DiffusersFamily.read(path, given) }
    let file = try MappedFile(path: path)
    let beside = try given == nil ? ModelDescription.beside(model: path) : nil
    let description = given ?? beside
    var checkpoint: Checkpoint
    switch try Format(of: file) {
    case .pickle:
      checkpoint = try EDMPickleReader.read(ByteSource(file))
      if let description { checkpoint.remarks += try checkpoint.hold(description) }
    case .safetensors:
      if let own = try SafetensorsReader.readOwn(ByteSource(file)) {
        checkpoint = own
        if let description { checkpoint.remarks += try checkpoint.hold(description) }
      } else {
        checkpoint = try FamilyReader.read(StateDictionary.read(file), description)
      }
    case .torch: checkpoint = try FamilyReader.read(StateDictionary.read(file), description)
    }
    try checkpoint.architecture.validate(file: file.path)
    if let beside { checkpoint.remarks.insert("\(beside.origin) describes \(path)", at: 0) }
    return (checkpoint, { file.digest() })
  }

  /// Holds a description against a file that needs none; returns what is worth saying.
  private func hold(_ description: ModelDescription) throws -> [String] {
    let resolver = DescriptionResolver(file: file, description: description)
    for item in notes.description ?? [] { resolver.hold(item) }
    if notes.description == nil {
      resolver.told("family", "edm")
      switch architecture.preconditioning {
      case .edm(let sigmaData):
        resolver.told("precond", "edm")
        resolver.told("sigma_data", sigmaData)
      case .vp: resolver.told("precond", "vp")
      case .ve: resolver.told("precond", "ve")
      case .iddpm: resolver.told("precond", "iddpm")
      case .consistency, .discrete: break
      }
    }
    resolver.ignore(["dropout", "use_fp16"])
    return try resolver.finish(family: "this")
  }

  /// The number of weights in all tensors, buffers included.
  public var valueCount: Int { tensors.values.reduce(0) { $0 + $1.count } }

  /// The number of parameters: all values but those of buffers (`freqs`, `resample_filter`, `u`), as PyTorch counts.
  public var parameterCount: Int {
    tensors.reduce(0) { sum, entry in
      let last = entry.key.split(separator: ".").last
      return last.map { Self.parameterNames.contains(String($0)) } ?? false ? sum + entry.value.count : sum
    }
  }

  private static let parameterNames: Set<String> = ["weight", "bias", "emb_gain", "out_gain"]

  private func checkFinite() throws {
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      guard let (index, value) = tensor.firstNonFinite() else { continue }
      throw InputError(
        "the tensor holds a value that is not finite", file: file, location: "tensor \"\(name)\"",
        expected: "finite numbers", found: "\(value) at element \(index)")
    }
  }

  private enum Format {
    case pickle
    case safetensors
    case torch

    init(of file: MappedFile) throws {
      let start = Array(file.bytes.prefix(9))
      if start.count == 9, start[8] == UInt8(ascii: "{"), SafetensorsHeader.length(in: file.bytes) != nil {
        self = .safetensors
      } else if TorchStreamReader.recognises(file.bytes) || start.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
        self = .torch
      } else if start.count >= 2, start[0] == 0x80, start[1] <= 5 {
        self = .pickle
      } else {
        throw InputError(
          file.bytes.isEmpty
            ? "the file is empty"
            : FileKind(file.bytes) == .gguf
              ? "a GGUF file, which holds a language model or a latent diffusion model's transformer; a denoiser of pixels "
                + "is needed" : "neither a pickle nor a safetensors file", file: file.path,
          location: "offset 0", expected: "an EDM .pkl (first byte 0x80), torch.save's file or a .safetensors file",
          found: FileKind.describe(file.bytes))
      }
    }
  }
}
