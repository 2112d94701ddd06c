import Basics
import Foundation
import Pickles

/// Reads a safetensors file whose metadata hold the architecture.
enum SafetensorsReader {
  /// The metadata keys that `ndc convert` writes.
  static let formatKey = "ndc.format"
  static let architectureKey = "ndc.architecture"
  static let notesKey = "ndc.notes"
  static let trainingKey = "ndc.training"
  static let format = "1"

  /// Nil where the metadata are not ours: bare tensors.
  ///
  /// - Throws: `InputError` naming the file and the field or tensor.
  static func readOwn(_ source: ByteSource) throws -> Checkpoint? {
    let header = try SafetensorsHeader(source)
    guard let text = header.metadata[architectureKey] else { return nil }
    guard header.metadata[formatKey] == format else {
      throw InputError(
        "unknown version of the metadata", file: source.name, location: "metadata \"\(formatKey)\"",
        expected: "\"\(format)\"", found: header.metadata[formatKey].map { "\"\($0.prefix(40))\"" } ?? "none")
    }
    let architecture = try decode(Architecture.self, text, architectureKey, source.name)
    try ArchitectureJSON.refuseUnknownFields(text, architecture, file: source.name)
    let notes = try header.metadata[notesKey].map { try decode(CheckpointNotes.self, $0, notesKey, source.name) }
    if let names = notes?.classNames, names.count != architecture.labelDimension {
      throw InputError(
        "the classes' names do not fit the model", file: source.name, location: "metadata \"\(notesKey)\"",
        expected: "\(architecture.labelDimension)", found: "\(names.count)")
    }
    let quantization = try header.metadata[QuantizationJSON.key].map {
      try QuantizationJSON.decode($0, file: source.name)
    }
    var tensors = [String: CheckpointTensor]()
    for entry in header.entries {
      tensors[entry.name] = CheckpointTensor(
        elementType: entry.elementType, shape: entry.shape, offset: header.dataStart + entry.range.lowerBound,
        source: source)
    }
    var checkpoint = Checkpoint(
      file: source.name, digest: "", architecture: architecture, tensors: tensors,
      notes: notes ?? CheckpointNotes(), quantization: quantization)
    checkpoint.training = header.metadata[trainingKey]
    return checkpoint
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ text: String, _ key: String, _ file: String
  ) throws -> Value {
    let place = "metadata \"\(key)\""
    guard text.utf8.count <= 1 << 20 else {
      throw InputError("the metadata cannot be read", file: file, location: place, found: "\(text.utf8.count) bytes")
    }
    do {
      return try ArchitectureJSON.decoder().decode(type, from: Data(text.utf8))
    } catch let error as DecodingError {
      var error = InputError(decoding: error, file: file, place: place)
      error.problem = "the metadata cannot be read: \(error.problem)"
      throw error
    }
  }
}
