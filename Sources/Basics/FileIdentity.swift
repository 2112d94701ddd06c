import Foundation

/// Which file a path leads to, links followed.
package struct FileIdentity: Hashable, Sendable {
  package let isFolder: Bool
  package let isRegular: Bool
  /// A disk, or a part of one.
  package let isBlockDevice: Bool
  private let device: UInt64
  private let node: UInt64

  /// nil where nothing is there.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isBlockDevice = status.st_mode & S_IFMT == S_IFBLK
    device = UInt64(truncatingIfNeeded: status.st_dev)
    node = UInt64(status.st_ino)
  }

  /// Where something is or would be: equal for every name of one file, hard links included.
  package enum Place: Hashable, Sendable {
    case existing(FileIdentity)
    /// A name in a folder that exists, or a whole path in none.
    case absent(FileIdentity?, String)
  }

  package static func place(_ path: String) -> Place {
    if let found = FileIdentity(path) { return .existing(found) }
    let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let folder = url.deletingLastPathComponent().path
    return FileIdentity(folder).map { .absent($0, url.lastPathComponent) } ?? .absent(nil, url.path)
  }
}
