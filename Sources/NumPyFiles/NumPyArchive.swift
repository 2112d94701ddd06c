import Basics

/// The arrays of an `.npz` file: a zip whose members are `.npy` files, read one at a time when asked for.
public struct NumPyArchive: Sendable {
  private let archive: ZipArchive

  public var path: String { archive.file.path }

  /// The arrays' names without `.npy`, in the order of the file.
  public var names: [String] { archive.members.map { Self.arrayName($0.name) } }

  /// Reads and checks the zip directory; every array is checked when it is read.
  /// - Throws: `InputError` for a file that cannot be opened or is no sound zip file.
  public init(contentsOf path: String) throws {
    archive = try ZipArchive(contentsOf: path)
  }

  /// Whether `bytes` begin as an `.npz` file does.
  public static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool { ZipArchive.recognises(bytes) }

  /// The array called `name`.
  /// - Throws: `InputError` naming the file and the array when it is absent or damaged.
  public func array(named name: String) throws -> NumPyArray {
    guard let member = archive.members.first(where: { Self.arrayName($0.name) == name }) else {
      throw InputError(
        "the array '\(name)' is missing", file: path, found: names.isEmpty ? "no array" : names.joined(separator: ", "))
    }
    return try archive.withContents(of: member) { bytes in
      try NumPyArray(parsing: bytes, named: "\(path)[\(name)]")
    }
  }

  private static func arrayName(_ member: String) -> String {
    member.hasSuffix(".npy") ? String(member.dropLast(4)) : member
  }
}
