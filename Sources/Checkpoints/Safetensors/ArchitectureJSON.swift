import Basics
import Foundation

/// How the architecture is written into a file's metadata: JSON with sorted keys, infinities as text.
enum ArchitectureJSON {
  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return decoder
  }

  /// Refuses fields that the decoded value does not have: options that are not understood.
  static func refuseUnknownFields(_ text: String, _ architecture: Architecture, file: String) throws {
    let known = try fields(encode(architecture), file)
    guard let unknown = try fields(text, file).subtracting(known).min() else { return }
    throw InputError(
      "an option that is not understood", file: file,
      location: "metadata \"\(SafetensorsReader.architectureKey)\", field \"\(unknown)\"")
  }

  private static func fields(_ text: String, _ file: String) throws -> Set<String> {
    do {
      let json = try Array(text.utf8).withUnsafeBytes { try JSONValue(strict: $0) }
      var names = Set<String>()
      collect(json, "", &names)
      return names
    } catch let error as InputError {
      throw error.inFile(file)
    }
  }

  private static func collect(_ json: JSONValue, _ path: String, _ names: inout Set<String>) {
    guard case .object(let members) = json else { return }
    for (key, value) in members {
      let name = path.isEmpty ? key : "\(path).\(key)"
      names.insert(name)
      collect(value, name, &names)
    }
  }
}
