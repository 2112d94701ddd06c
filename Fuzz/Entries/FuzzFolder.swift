import Basics
import Foundation

/// A folder in memory for the parsers that read files by their paths.
package struct FuzzFolder: Sendable {
  package let path: String

  package init() throws {
    let memory = "/dev/shm"
    let base = FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
    path = base + "/ndc-fuzz-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  package func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// Writes `bytes` to a file of this folder and returns its path.
  func write(_ bytes: UnsafeRawBufferPointer, as name: String = "input") throws -> String {
    let file = path + "/" + name
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FuzzFolderError(path: file, code: errno) }
    defer { close(descriptor) }
    guard bytes.isEmpty || Foundation.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count else {
      throw FuzzFolderError(path: file, code: errno)
    }
    return file
  }
}

/// The harness itself failed: no finding.
package struct FuzzFolderError: Error {
  package let path: String
  package let code: Int32
}
