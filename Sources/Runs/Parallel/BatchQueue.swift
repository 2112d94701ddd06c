/// Cuts 0 ..< count into batches of at most `limit`.
package struct BatchQueue: Sendable {
  let count: Int
  let limit: Int
  /// Among how many the work is shared evenly: batches shrink towards the end, so that no worker waits long for the last
  /// one. nil keeps every batch full.
  let workers: Int?
  /// Batches are multiples of it as far as the limit allows: fewer would cost as much.
  let grain: Int
  private(set) var position = 0

  package init(count: Int, limit: Int, workers: Int? = nil, grain: Int = 1) {
    precondition(limit > 0 && grain > 0, "a batch holds something")
    self.grain = min(grain, limit)
    self.count = count
    self.limit = limit
    self.workers = workers
  }

  /// More workers than this would find nothing left.
  var mostWorkers: Int { workers.map { min($0, (count + grain - 1) / grain) } ?? (count + limit - 1) / limit }

  package mutating func next() -> Range<Int>? {
    guard position < count else { return nil }
    var size = min(limit, count - position)
    if let workers, workers > 1 {
      let fair = (count - position + 2 * workers - 1) / (2 * workers)
      size = min(size, (max(1, fair) + grain - 1) / grain * grain)
    }
    defer { position += size }
    return position..<position + size
  }
}
