/// Sorted values, read as a step function that falls just above each of them.
extension [Double] {
  /// How many are at least `value`.
  ///
  /// - Precondition: ascending.
  func countAscending(atLeast value: Double) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return count - low
  }

  /// Every distinct value with how many are at least that, ascending.
  ///
  /// - Precondition: ascending.
  var ascendingSteps: [(value: Double, count: Int)] {
    enumerated().compactMap { position, value in
      position == 0 || self[position - 1] < value ? (value, count - position) : nil
    }
  }
}
