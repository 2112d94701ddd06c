import Foundation

/// Bringing what was written to the disk.
package enum Durability {
  /// Whether what was written to a descriptor is on the disk now; `errno` says why it is not.
  package static func synchronise(_ descriptor: Int32) -> Bool {
    #if canImport(Darwin)
      // There fsync ends at the drive's own memory; not every file system has the stronger call.
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return true }
    #endif
    return fsync(descriptor) == 0
  }

  /// The names in a folder: one that cannot be brought to the disk has still been renamed.
  package static func synchronise(folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = synchronise(descriptor)
    close(descriptor)
  }
}
