import Basics
import Foundation

extension RunDirectory {
  private static let votesPrefix = hiddenPrefix + "votes-"

  /// Where votes of an image that is under way are kept.
  package static func votesFile(_ path: String, image: Int) -> String { "\(path)/\(votesPrefix)\(image)" }

  /// Removes the votes of an image whose record is written.
  package func removeVotes(image: Int) { unlink(Self.votesFile(path, image: image)) }

  /// A process that was killed in between left the votes of images that are finished.
  func removeFinishedVotes() {
    let finished = Set(records.map(\.index))
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    where name.hasPrefix(Self.votesPrefix) {
      guard let image = Int(name.dropFirst(Self.votesPrefix.count)), finished.contains(image) else { continue }
      removeVotes(image: image)
    }
  }
}

extension RunManifest {
  /// SHA-256 of everything that a vote depends on beside its image: whatever may not differ when a run goes on.
  package var voteDigest: String {
    get throws {
      let irrelevant = Self.freeFields.union(["claim", "data.digest", "data.size"])
      let fields = try JSONValue(encoding: withoutLists).leaves()
        .filter { !irrelevant.contains($0.key) && !$0.key.hasPrefix("shard.") }
      let text = fields.sorted { $0.key < $1.key }.reduce(into: "") { $0 += "\($1.key)=\($1.value)\n" }
      return Array(text.utf8).withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) }
    }
  }
}
