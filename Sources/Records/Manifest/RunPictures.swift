import Basics

/// The pictures that a run is about, in its order: what a run binds to (Docs/Files.md, run.json).
///
/// Where pictures have names, all of them are listed. Others (arrays) are those of `images`; of them the digest alone is
/// kept, and each finished one's own is in its record.
public struct RunPictures: Hashable, Sendable {
  /// SHA-256 of a line for each picture: index, label, digest and name, tabs between them, a newline at its end; what a
  /// picture lacks is left empty.
  public var digest: String
  /// nil where pictures have no names.
  public var listed: [PictureIdentity]?

  public init(_ pictures: [PictureIdentity]) {
    digest = Self.digest(pictures)
    listed = pictures.contains { $0.name != nil } ? pictures : nil
  }

  /// - Throws: `InputError` where the list of these pictures would be longer than a run.json may be.
  public static func requireRoom(for pictures: [PictureIdentity], source: String) throws {
    guard pictures.contains(where: { $0.name != nil }) else { return }
    let bytes = pictures.reduce(0) { $0 + bytesBesideName + ($1.name?.utf8.count ?? 0) }
    guard bytes > RunFile.largestManifest else { return }
    throw InputError(
      "the list of pictures is too long for one run; take fewer, in several runs", file: source,
      expected: "at most \(RunFile.largestManifest) bytes in run.json",
      found: "\(pictures.count) pictures, which take \(bytes)")
  }

  /// What an entry of the list takes at least, of an index of one digit.
  private static let bytesBesideName = 172

  static func digest(_ pictures: [PictureIdentity]) -> String {
    var digest = SHA256Digest()
    for picture in pictures {
      let line =
        "\(picture.index)\t\(picture.label.map(String.init) ?? "")\t\(picture.digest ?? "")\t\(picture.name ?? "")\n"
      Array(line.utf8).withUnsafeBytes { digest.update($0) }
    }
    return digest.finish()
  }
}

extension RunPictures: Codable {
  /// What is wrong with the list by itself; nil where nothing is.
  func contradiction(count: Int) -> VerificationFailure? {
    func failure(_ problem: String, expected: String? = nil, found: String? = nil) -> VerificationFailure {
      VerificationFailure(
        problem, file: RunFile.manifestName, field: "pictures", expected: expected, found: found)
    }
    guard let listed else { return nil }
    guard listed.count == count else {
      return failure("not as many as there are images", expected: "\(count)", found: "\(listed.count)")
    }
    if let wrong = listed.first(where: { $0.index < 0 }) {
      return failure("not an index", found: wrong.place)
    }
    guard Set(listed.map(\.index)).count == count, Set(listed.compactMap(\.name)).count == count else {
      return failure("a picture is listed twice, or one has no name")
    }
    let found = Self.digest(listed)
    return found == digest
      ? nil : failure("the digest is not that of the list", expected: found, found: digest)
  }
}

extension RunManifest {
  /// The data set's indices in the order of the run.
  ///
  /// - Throws: `UsageError` where the selection is none.
  public func indices() throws -> [Int] {
    try pictures?.listed?.map(\.index) ?? images.indices(inDatasetOf: data.size)
  }
}
