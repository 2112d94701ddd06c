import Basics
import Foundation

extension Checkpoint {
  /// Writes the model as a safetensors file with its architecture, notes and quantisation in the metadata.
  ///
  /// Element types are kept; the same checkpoint always gives the same bytes. The file appears under its name only
  /// when it is complete and on the disk.
  /// - Throws: `InputError` naming the path when it cannot be written (a full disk, a missing folder).
  public func writeSafetensors(to path: String) throws {
    // Large elements first, so that every tensor stays aligned to its own size.
    let ordered = tensors.sorted {
      ($1.value.elementType.byteCount, $0.key) < ($0.value.elementType.byteCount, $1.key)
    }
    let header = try safetensorsHeader(ordered)
    try AtomicFile.write(to: path) { file in
      try header.withUnsafeBytes { try file.append($0) }
      for (_, tensor) in ordered { try tensor.withContiguousBytes { try file.append($0) } }
    }
  }

  private func safetensorsHeader(_ ordered: [(key: String, value: CheckpointTensor)]) throws -> [UInt8] {
    var metadata = [
      "format": "pt",
      SafetensorsReader.formatKey: SafetensorsReader.format,
      SafetensorsReader.architectureKey: try ArchitectureJSON.encode(architecture),
      SafetensorsReader.notesKey: try ArchitectureJSON.encode(notes),
    ]
    if let quantization { metadata[QuantizationJSON.key] = try QuantizationJSON.encode(quantization) }
    if let training { metadata[SafetensorsReader.trainingKey] = training }
    var text = "{\"__metadata__\":" + (try ArchitectureJSON.encode(metadata))
    var offset = 0
    for (name, tensor) in ordered {
      let end = offset + tensor.count * tensor.elementType.byteCount
      text += ",\(try ArchitectureJSON.encode(name)):{\"dtype\":\"\(tensor.elementType.rawValue)\",\"shape\":["
      text += tensor.shape.map(String.init).joined(separator: ",") + "],\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    text += "}"
    var header = Array(text.utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
  }
}

extension CheckpointTensor {
  /// The values in C order in their own type.
  func withContiguousBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    let size = elementType.byteCount
    try withExtendedLifetime(source) {
      if isContiguous {
        return try body(UnsafeRawBufferPointer(rebasing: source.bytes[offset..<offset + count * size]))
      }
      var packed = [UInt8]()
      packed.reserveCapacity(count * size)
      var position = [Int](repeating: 0, count: shape.count)
      for _ in 0..<count {
        let start = offset + size * zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 }
        packed += source.bytes[start..<start + size]
        for axis in position.indices.reversed() {
          position[axis] += 1
          if position[axis] < shape[axis] { break }
          position[axis] = 0
        }
      }
      try packed.withUnsafeBytes(body)
    }
  }
}
