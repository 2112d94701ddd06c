import Basics
import NumPyFiles
import Pickles

/// Reads torch.save's zip files (all since torch 1.6): a pickle beside its tensors' raw values, which stay in the mapped
/// file.
enum TorchZipReader {
  /// - Throws: `InputError` naming the file and the member or tensor.
  static func read(_ file: MappedFile) throws -> StateDictionary {
    let archive: ZipArchive
    do {
      archive = try ZipArchive(file)
    } catch var error as InputError {
      error.problem = "a zip archive, as torch.save writes, that cannot be read: \(error.problem)"
      throw error
    }
    let source = ByteSource(file)
    let members = Dictionary(archive.members.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let pickles = archive.members.filter { $0.name.hasSuffix("/data.pkl") && $0.name.split(separator: "/").count == 2 }
    guard pickles.count == 1, let main = pickles.first else {
      throw InputError(
        "a zip archive, but none of torch.save's", file: file.path, expected: "one member FOLDER/data.pkl",
        found: archive.members.isEmpty
          ? "no members" : archive.members.prefix(5).map { String($0.name.prefix(80)) }.joined(separator: ", "))
    }
    let folder = main.name.dropLast("data.pkl".count)
    if members["\(folder)constants.pkl"] != nil || members.keys.contains(where: { $0.hasPrefix("\(folder)code/") }) {
      throw InputError(
        "a TorchScript program, which would have to be run; save the tensors of the network that it was made from: "
          + "torch.save(net.state_dict(), FILE)", file: file.path)
    }
    if let order = members["\(folder)byteorder"] {
      let range = try archive.range(ofStored: order)
      guard range.count < 16, source.bytes[range].elementsEqual("little".utf8) else {
        throw InputError("not written by a little-endian machine", file: file.path, location: "member '\(order.name)'")
      }
    }
    let pickle = try PickleReader.read(source, range: archive.range(ofStored: main))
    var tensors = TorchTensors(source: source) { value in
      let identifier = try TorchStorageIdentifier(value) {
        InputError($0, file: file.path, location: "member '\(main.name)'", expected: $1, found: $2)
      }
      guard let member = members["\(folder)data/\(identifier.key)"] else {
        throw InputError(
          "the archive lacks a storage", file: file.path, location: "member '\(folder)data/\(identifier.key)'")
      }
      return try TorchStorage(identifier, in: source, range: archive.range(ofStored: member))
    }
    return try StateDictionary(pickle.root, tensors: &tensors)
  }
}
