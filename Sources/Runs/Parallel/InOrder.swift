/// Computes `element(0)`, `element(1)`, … with up to `window` of them under way, and hands every result over in index
/// order, as soon as all results before it have been handed over.
///
/// When one fails or the task is cancelled the others are cancelled too; what has been handed over stays.
package func inOrder<Element: Sendable>(
  _ count: Int, window: Int, element: @escaping @Sendable (Int) async throws -> Element,
  deliver: (Int, Element) throws -> Void
) async throws {
  precondition(window > 0, "a window holds at least one element")
  try await withThrowingTaskGroup(of: (Int, Element).self) { group in
    var started = 0
    var delivered = 0
    var early: [Int: Element] = [:]
    while delivered < count {
      while started < min(count, delivered + window) {
        let index = started
        group.addTask { (index, try await element(index)) }
        started += 1
      }
      guard let (index, result) = try await group.next() else { break }
      early[index] = result
      while let result = early.removeValue(forKey: delivered) {
        try deliver(delivered, result)
        delivered += 1
      }
    }
  }
}
