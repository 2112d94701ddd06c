import Foundation

/// Where tests find files: the repository itself and, beside it, data too large to commit.
package enum Repository {
  package static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of large development data (original network outputs, full data sets), nil where it is absent;
  /// NDC_SHARED overrides the default place beside the repository.
  package static let shared: URL? = {
    let named = ProcessInfo.processInfo.environment["NDC_SHARED"].map { URL(fileURLWithPath: $0) }
    let folder = named ?? root.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  package static let sharedAbsent: Comment = "the development data folder is absent"

  package typealias Comment = String
}
