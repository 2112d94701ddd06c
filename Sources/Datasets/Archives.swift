import Basics
import Foundation
import NumPyFiles

/// Archives that must be unpacked before there is a data set.
enum Archives {
  /// The command that unpacks the archive at `path` beside itself; nil where it is none.
  static func command(_ path: String) -> String? {
    let name = path.lowercased()
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().relativePath
    if [".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst"].contains(where: name.hasSuffix) {
      return "tar -xf \(quoted(path)) -C \(quoted(folder))"
    }
    return name.hasSuffix(".zip") ? "unzip \(quoted(path)) -d \(quoted(folder))" : nil
  }

  /// What to do about the first archive among the files of a folder; nil where there is none.
  static func advice(in folder: String, _ files: [String]) -> String? {
    for file in files {
      if let command = command("\(folder)/\(file)") { return "\(file), to be unpacked first: \(command)" }
    }
    return nil
  }

  /// - Throws: `InputError` that says how to unpack it, when the file is an archive and no data set itself.
  static func refuse(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    guard let kind = FileKind(bytes) else { return }
    let command: String
    switch kind {
    case .tar: command = "tar -xf \(quoted(path))"
    case .gzip where holdsTar(bytes): command = "tar -xf \(quoted(path))"
    case .gzip: return
    case .xz, .bzip2, .zstandard: command = self.command(path) ?? "tar -xf \(quoted(path)), if it is a tar archive"
    case .zip: command = "unzip \(quoted(path))"
    case .sevenZip: command = "7z x \(quoted(path))"
    case .rar: command = "unrar x \(quoted(path))"
    default: return
    }
    throw InputError("an archive must be unpacked first: \(command)", file: path, found: kind.name)
  }

  private static func holdsTar(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var reader = GzipReader(bytes)
    guard let start = try? reader.read(262) else { return false }
    return start.withUnsafeBytes { FileKind($0) } == .tar
  }

  private static func quoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      let character = Character(UnicodeScalar(byte))
      return byte < 128 && (character.isLetter || character.isNumber || "/._-+=".contains(character))
    }
    return isPlain ? path : "'" + path.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
