import Basics
import Foundation

/// What lies in a folder, in the order of the names' bytes, without what systems and archivers leave in every one.
struct FolderListing {
  var folders: [String] = []
  var files: [String] = []

  /// - Throws: `InputError` when the folder cannot be listed.
  init(_ path: String) throws {
    guard let directory = opendir(path) else {
      throw InputError("cannot list the folder: \(String(cString: strerror(errno)))", file: path)
    }
    defer { closedir(directory) }
    // The types come with the names: asking for each of a million files would take long.
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { String(cString: $0) }
      }
      guard !Self.isClutter(name) else { continue }
      let isFolder =
        switch Int(entry.pointee.d_type) {
        case Int(DT_DIR): true
        case Int(DT_REG): false
        default: Self.isFolder(path + "/" + name)
        }
      if isFolder { folders.append(name) } else { files.append(name) }
    }
    folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// A folder's path without a slash at its end, so that names can follow.
  static func path(_ folder: String) -> String {
    let end = folder.utf8.reversed().prefix { $0 == UInt8(ascii: "/") }.count
    return end == folder.utf8.count ? folder : String(folder.dropLast(end))
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  /// Hidden files, and those of macOS, Windows and network storage.
  private static func isClutter(_ name: String) -> Bool {
    name.hasPrefix(".")
      || [
        "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "@eadir",
        "lost+found", "icon\r",
      ].contains(name.lowercased())
  }
}
