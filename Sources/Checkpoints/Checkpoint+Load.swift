import Basics
import Foundation
import Pickles

extension Checkpoint {
  /// Reads an EDM `.pkl` or a `.safetensors` file written by `ndc convert`, told apart by their contents.
  ///
  /// The weights stay in the mapped file. Nothing in the file is executed, every size is checked before memory is
  /// taken, and every weight is finite.
  /// - Throws: `InputError` naming the file and the place in it.
  public static func load(path: String) throws -> Checkpoint {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) {
      var checkpoint = try unchecked(file)
      try checkpoint.checkFinite()
      if let quantization = checkpoint.quantization { try QuantizationJSON.check(quantization, against: checkpoint) }
      checkpoint.digest = file.digest()
      return checkpoint
    }
  }

  /// What network a file holds, and what it says about itself: in a moment however large it is, since no weight is read.
  ///
  /// - Throws: `InputError` as `load`, but for what is wrong in the weights.
  public static func outline(path: String) throws -> (architecture: Architecture, notes: CheckpointNotes) {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) {
      let checkpoint = try unchecked(file)
      return (checkpoint.architecture, checkpoint.notes)
    }
  }

  /// Without a look at the weights, and without a digest.
  private static func unchecked(_ file: MappedFile) throws -> Checkpoint {
    let checkpoint =
      switch try Format(of: file) {
      case .pickle: try EDMPickleReader.read(ByteSource(file))
      case .safetensors: try SafetensorsReader.read(ByteSource(file))
      }
    try checkpoint.architecture.validate(file: file.path)
    return checkpoint
  }

  /// The number of weights in all tensors, buffers included.
  public var valueCount: Int { tensors.values.reduce(0) { $0 + $1.count } }

  /// The number of parameters: all values but those of buffers (`freqs`, `resample_filter`, `u`), as PyTorch counts.
  public var parameterCount: Int {
    tensors.reduce(0) { sum, entry in
      let last = entry.key.split(separator: ".").last
      return last == "weight" || last == "bias" ? sum + entry.value.count : sum
    }
  }

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

    init(of file: MappedFile) throws {
      let start = Array(file.bytes.prefix(9))
      if start.count == 9, start[8] == UInt8(ascii: "{"), SafetensorsHeader.length(in: file.bytes) != nil {
        self = .safetensors
      } else if start.count >= 2, start[0] == 0x80, start[1] <= 5 {
        self = .pickle
      } else if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
        throw InputError(
          "a zip archive, as torch.save writes; this reads EDM's network pickles and safetensors files",
          file: file.path,
          location: "offset 0", expected: "a pickle or a safetensors file", found: FileKind.describe(file.bytes))
      } else {
        throw InputError(
          file.bytes.isEmpty ? "the file is empty" : "neither a pickle nor a safetensors file", file: file.path,
          location: "offset 0", expected: "an EDM .pkl (first byte 0x80) or a .safetensors file",
          found: FileKind.describe(file.bytes))
      }
    }
  }
}
