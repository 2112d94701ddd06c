import Basics
import Certification
import Foundation

/// Votes of an image that is under way, kept beside the records until its own record is written
/// (Docs/Files.md, Votes under way): an interruption loses what was cast since the last chunk was written.
///
/// Votes are functions of seed, image and index, so it does not matter which of them are there and in which order they
/// came. The file is bound to the image's pixels and to everything that a vote depends on; each line's digest covers all
/// lines before it.
package final class VoteJournal: Sendable {
  /// What the votes are of.
  package struct Binding: Hashable, Sendable, Codable {
    package var format = 1
    package var image: Int
    /// SHA-256 of the pixels as the classifier gets them.
    package var pixels: String
    /// ``RunManifest/voteDigest``.
    package var run: String

    package init(image: Int, pixels: [Float], run: String) {
      self.image = image
      self.pixels = pixels.withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) }
      self.run = run
    }
  }

  /// Votes of neighbouring indices: labels, −1 for an invalid one.
  private struct Chunk: Hashable, Codable {
    var purpose: VotePurpose
    var first: Int
    var choices: [Int]
    var evaluations: [Int]
  }

  private struct Line<Content: Codable>: Codable {
    var content: Content
    var digest: String
  }

  /// What a file holds.
  private struct Contents: Sendable {
    var known: [VotePurpose: [Int: Vote]] = [:]
    /// Bytes that hold, and the digest of the last line.
    var length = 0
    var digest = ""
  }

  private struct State {
    var contents: Contents
    var pending: [VotePurpose: [Int: Vote]] = [:]
    var file: AppendOnlyFile?
    var lastWrite = ContinuousClock.now
    var cost = Duration.zero
    var failure: (any Error)?
    /// Nothing is written once the image's record is.
    var isClosed = false
  }

  package let path: String
  private let binding: Binding
  /// Between two writes at least; more where writing is slow, zero for none.
  private let interval: Duration
  private let state: Mutex<State>
  /// Votes that an earlier session left.
  package let restored: [Vote]

  /// Writing takes at most this share of the time.
  private static let writingShare = 20
  private static let largest = 256 << 20
  private static let invalid = -1

  /// Reads what an earlier session left; a torn last line is dropped.
  ///
  /// - Parameters:
  ///   - most: how many votes of a purpose there can be.
  /// - Throws: `InputError` for a file that is not of this image and run, or whose votes were changed.
  package init(
    path: String, binding: Binding, classes: ClassSet, most: [VotePurpose: Int],
    interval: Duration = .milliseconds(100)
  ) throws {
    self.path = path
    self.binding = binding
    self.interval = interval
    var contents = Contents()
    var status = stat()
    if stat(path, &status) == 0 {
      try Self.read(path, binding, classes, most, into: &contents)
    }
    restored = contents.known.values.flatMap(\.values)
    state = Mutex(State(contents: contents))
  }

  private static func read(
    _ path: String, _ binding: Binding, _ classes: ClassSet, _ most: [VotePurpose: Int], into contents: inout Contents
  ) throws {
    for line in TextLines(try RunFile.read(path, limit: largest)) {
      guard line.isEnded else { return }
      let place = "line \(line.number)"
      func failure(_ problem: String, expected: String? = nil, found: String? = nil) -> InputError {
        InputError(
          problem + "; remove the file to cast the image's votes again", file: path, location: place,
          expected: expected, found: found)
      }
      func content<Content: Codable>(_ type: Content.Type) throws -> Content {
        let decoded: Line<Content>
        do {
          decoded = try JSONDecoder().decode(Line<Content>.self, from: Data(line.bytes))
        } catch {
          throw failure("not a line of votes")
        }
        let digest = try Self.digest(contents.digest, decoded.content)
        guard digest == decoded.digest else {
          throw failure("the votes were changed", expected: digest, found: decoded.digest)
        }
        contents.digest = digest
        return decoded.content
      }
      if line.number == 1 {
        let found = try content(Binding.self)
        guard found == binding else {
          throw failure(
            "the votes are of another \(found.image != binding.image ? "image" : found.pixels != binding.pixels ? "picture" : "run")",
            expected: "\(binding.image) \(binding.pixels.prefix(12)) \(binding.run.prefix(12))",
            found: "\(found.image) \(found.pixels.prefix(12)) \(found.run.prefix(12))")
        }
      } else {
        let chunk = try content(Chunk.self)
        let limit = most[chunk.purpose] ?? 0
        guard chunk.choices.count == chunk.evaluations.count, chunk.first >= 0,
          chunk.first <= limit - chunk.choices.count,
          chunk.choices.allSatisfy({ $0 == invalid || classes.contains($0) }),
          chunk.evaluations.allSatisfy({ (0...ImageRecord.mostEvaluations).contains($0) })
        else { throw failure("no votes of this image") }
        for (offset, choice) in chunk.choices.enumerated() {
          let vote = Vote(
            choice: choice == invalid ? .invalid : .label(choice), evaluations: chunk.evaluations[offset])
          let other = contents.known[chunk.purpose, default: [:]].updateValue(vote, forKey: chunk.first + offset)
          guard other == nil || other == vote else { throw failure("vote \(chunk.first + offset) is there twice") }
        }
      }
      contents.length = line.end
    }
  }

  private static func digest(_ before: String, _ content: some Encodable) throws -> String {
    let bytes = Array(before.utf8) + (try StableJSON.line(content))
    return bytes.withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) }
  }

  /// Votes there are.
  package var count: Int { state.withLock { $0.contents.known.values.reduce(0) { $0 + $1.count } } }

  /// Those of some indices that are there.
  package func votes(_ indices: Range<Int>, for purpose: VotePurpose) -> [Int: Vote] {
    state.withLock { state in (state.contents.known[purpose] ?? [:]).filter { indices.contains($0.key) } }
  }

  /// Takes in votes that were cast, and writes those that are not written yet where it is time to.
  package func add(_ votes: [(index: Int, vote: Vote)], for purpose: VotePurpose) {
    state.withLock { state in
      for (index, vote) in votes {
        state.contents.known[purpose, default: [:]][index] = vote
        state.pending[purpose, default: [:]][index] = vote
      }
      let wait = interval == .zero ? .zero : max(interval, state.cost * Self.writingShare)
      guard ContinuousClock.now - state.lastWrite >= wait else { return }
      write(&state)
    }
  }

  /// Writes what is not written yet.
  ///
  /// - Throws: `InputError` where it, or an earlier write, failed.
  package func flush() throws {
    try state.withLock { state in
      write(&state)
      if let failure = state.failure { throw failure }
    }
  }

  /// - Throws: `InputError` where a write failed.
  package func requireWritten() throws {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// From now on nothing is written: the file is no longer wanted.
  package func close() { state.withLock { $0.isClosed = true } }

  private func write(_ state: inout State) {
    guard state.failure == nil, !state.isClosed, state.pending.values.contains(where: { !$0.isEmpty }) else { return }
    let start = ContinuousClock.now
    do {
      var (text, digest) = ([UInt8](), state.contents.digest)
      func append(_ content: some Codable) throws {
        digest = try Self.digest(digest, content)
        text += try StableJSON.line(Line(content: content, digest: digest)) + [UInt8(ascii: "\n")]
      }
      if state.contents.length == 0 { try append(binding) }
      for purpose in VotePurpose.allCases {
        for chunk in Self.chunks(state.pending[purpose] ?? [:], purpose) { try append(chunk) }
      }
      let file = try state.file ?? AppendOnlyFile(path: path, keeping: state.contents.length)
      state.file = file
      try file.append(text)
      state.contents.length += text.count
      state.contents.digest = digest
      state.pending = [:]
    } catch {
      state.failure = error
    }
    state.lastWrite = .now
    state.cost = state.lastWrite - start
  }

  private static func chunks(_ votes: [Int: Vote], _ purpose: VotePurpose) -> [Chunk] {
    votes.sorted { $0.key < $1.key }.reduce(into: []) { chunks, entry in
      let choice: Int
      switch entry.value.choice {
      case .label(let label): choice = label
      case .invalid: choice = invalid
      }
      if let last = chunks.last, last.first + last.choices.count == entry.key {
        chunks[chunks.count - 1].choices.append(choice)
        chunks[chunks.count - 1].evaluations.append(entry.value.evaluations)
      } else {
        chunks.append(
          Chunk(purpose: purpose, first: entry.key, choices: [choice], evaluations: [entry.value.evaluations]))
      }
    }
  }
}
