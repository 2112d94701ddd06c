import Basics

/// Computes `count` elements in chunks on up to `threads` tasks and returns them in order.
///
/// - Parameter work: computes the elements of a range; never suspends.
public func inParallel<Element: Sendable>(
  count: Int, chunk: Int, threads: Int, _ work: @escaping @Sendable (Range<Int>) throws -> [Element]
) async throws -> [Element] {
  let queue = ChunkQueue(count: count, chunk: chunk)
  let chunks = try await withThrowingTaskGroup(of: [(Int, [Element])].self) { group in
    for _ in 0..<max(1, min(threads, (count + chunk - 1) / chunk)) {
      group.addTask {
        var done: [(Int, [Element])] = []
        while let range = queue.next() {
          try Task.checkCancellation()
          done.append((range.lowerBound, try work(range)))
        }
        return done
      }
    }
    return try await group.reduce(into: []) { $0 += $1 }
  }
  return chunks.sorted { $0.0 < $1.0 }.flatMap(\.1)
}

/// Hands out 0 ..< count in chunks, to any number of tasks.
final class ChunkQueue: Sendable {
  private let count: Int
  private let chunk: Int
  private let position = Mutex(0)

  init(count: Int, chunk: Int) {
    self.count = count
    self.chunk = chunk
  }

  func next() -> Range<Int>? {
    position.withLock { position in
      guard position < count else { return nil }
      defer { position += chunk }
      return position..<min(position + chunk, count)
    }
  }
}
