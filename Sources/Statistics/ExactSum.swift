/// Sums of doubles that do not depend on the order: what Python's `math.fsum` returns.
package enum ExactSum {
  /// The exactly rounded sum (Shewchuk 1997, by non-overlapping partial sums).
  package static func sum(_ values: some Sequence<Double>) -> Double {
    var partials: [Double] = []
    for value in values {
      var x = value
      var kept = 0
      for index in partials.indices {
        var y = partials[index]
        if abs(x) < abs(y) { swap(&x, &y) }
        let high = x + y
        let low = y - (high - x)
        if low != 0 {
          partials[kept] = low
          kept += 1
        }
        x = high
      }
      partials.removeSubrange(kept...)
      partials.append(x)
    }
    return total(partials)
  }

  /// Σ/n; 0 of nothing.
  ///
  /// - Parameter count: n, where it is not the number of values: whatever is left out counts as 0.
  package static func mean(_ values: [Double], of count: Int? = nil) -> Double {
    let count = count ?? values.count
    return count == 0 ? 0 : sum(values) / Double(count)
  }

  /// From the largest down; a tie of the last rounding is decided by what comes below it.
  private static func total(_ partials: [Double]) -> Double {
    guard var high = partials.last else { return 0 }
    var index = partials.count - 1
    var low = 0.0
    while index > 0 {
      index -= 1
      let x = high
      let y = partials[index]
      high = x + y
      low = y - (high - x)
      if low != 0 { break }
    }
    if index > 0, (low < 0) == (partials[index - 1] < 0), low != 0 {
      let doubled = low * 2
      let rounded = high + doubled
      if doubled == rounded - high { high = rounded }
    }
    return high
  }
}
