import Foundation

/// Files and folders that stand under temporary names now, to be renamed when they are complete.
package enum UnfinishedOutputs {
  private static let paths = Mutex<Set<String>>([])

  static func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }
  static func remove(_ path: String) { paths.withLock { _ = $0.remove(path) } }

  /// A name in `folder` that nothing has.
  static func path(in folder: URL) -> String {
    let unique = "\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    return folder.appendingPathComponent(AtomicFile.temporaryPrefix + unique).path
  }

  /// Removes them: for a process that ends in the middle of writing.
  package static func removeAll() {
    for path in paths.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
  }
}
