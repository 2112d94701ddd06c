import Basics
import Foundation
import Pickles

/// A folder that is a model: its parts, found by their usual names, and one digest over all of them.
struct ModelFolder {
  let path: String
  private(set) var parts: [MappedFile] = []

  private static let largestJSON = 4 << 20
  private static let maximumShards = 1024

  init(path: String) { self.path = path }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// The first of these that is there.
  func find(_ names: [String]) -> String? {
    names.map { path + "/" + $0 }.first { FileManager.default.fileExists(atPath: $0) }
  }

  /// A JSON object.
  mutating func json(_ file: String) throws -> [String: JSONValue] {
    let mapped = try MappedFile(path: file)
    guard mapped.bytes.count <= Self.largestJSON else {
      throw InputError("too large for a model's description", file: file, found: "\(mapped.bytes.count) bytes")
    }
    try MemoryBudget.require(BoundedFile.jsonGrowth * mapped.bytes.count, for: "the file's content", file: file)
    parts.append(mapped)
    do {
      let text = try BoundedFile.utf8(mapped.bytes)
      guard case .object(let values) = try JSONValue(strict: text) else { throw InputError("no JSON object") }
      return values
    } catch let error as InputError {
      throw error.inFile(file)
    }
  }

  /// The tensors of a file, or of the files that an index names.
  mutating func tensors(_ file: String) throws -> StateDictionary {
    guard file.hasSuffix(".json") else {
      let mapped = try MappedFile(path: file)
      parts.append(mapped)
      return try StateDictionary.read(mapped)
    }
    guard case .object(let map)? = try json(file)["weight_map"], map.count <= 100_000 else {
      throw InputError("no index of shards", file: file, expected: "an object \"weight_map\"")
    }
    let shards = try Set(
      map.values.map { value in
        guard let name = value.string, !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
          throw InputError("a shard's name is no plain file name", file: file, found: "\(value)")
        }
        return name
      }
    ).sorted()
    guard shards.count <= Self.maximumShards else { throw InputError("too many shards", file: file) }
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    var all: [String: CheckpointTensor] = [:]
    for shard in shards {
      let part = try tensors(folder + "/" + shard)
      for (name, tensor) in part.tensors {
        guard map[name]?.string == shard, all.updateValue(tensor, forKey: name) == nil else {
          throw InputError(
            "the shard holds a tensor that the index does not place there", file: folder + "/" + shard,
            location: "tensor \"\(name.prefix(256))\"")
        }
      }
    }
    if let lacking = map.keys.filter({ all[$0] == nil }).min() {
      throw InputError(
        "no shard holds a tensor of the index", file: file, location: "tensor \"\(lacking.prefix(256))\"")
    }
    return StateDictionary(file: file, tensors: all)
  }

  /// SHA-256 over the parts' names and SHA-256s.
  func digest() -> String {
    var digest = SHA256Digest()
    for part in parts.sorted(by: { $0.path < $1.path }) {
      let name = part.path.hasPrefix(path) ? part.path.dropFirst(path.count) : part.path[...]
      Array("\(part.digest())  \(name)\n".utf8).withUnsafeBytes { digest.update($0) }
    }
    return digest.finish()
  }
}

extension StateDictionary {
  /// A bare state dictionary in any container.
  static func read(_ file: MappedFile) throws -> StateDictionary {
    let start = Array(file.bytes.prefix(9))
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return try TorchZipReader.read(file) }
    if TorchStreamReader.recognises(file.bytes) { return try TorchStreamReader.read(file) }
    if start.count == 9, start[8] == UInt8(ascii: "{"), SafetensorsHeader.length(in: file.bytes) != nil {
      let source = ByteSource(file)
      let header = try SafetensorsHeader(source)
      return StateDictionary(
        file: file.path,
        tensors: Dictionary(
          header.entries.map { entry in
            (
              entry.name,
              CheckpointTensor(
                elementType: entry.elementType, shape: entry.shape,
                offset: header.dataStart + entry.range.lowerBound, source: source)
            )
          }, uniquingKeysWith: { first, _ in first }))
    }
    throw InputError(
      "no file of tensors", file: file.path, expected: "safetensors or what torch.save writes",
      found: FileKind.describe(file.bytes))
  }
}
