/// How far a strided tensor reaches, computed without overflow from numbers nobody has checked.
struct TensorExtent {
  /// The number of elements.
  let count: Int
  /// The number of storage elements from the first to the last one touched; 0 for an empty tensor.
  let span: Int

  /// Nil for negative sizes or strides, or numbers that do not fit 62 bits.
  init?(shape: [Int], strides: [Int]) {
    guard shape.count == strides.count else { return nil }
    var count = 1
    var last = 0
    for (size, stride) in zip(shape, strides) {
      guard size >= 0, stride >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      let (reach, overflowReach) = (max(size, 1) - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflowSum) = last.addingReportingOverflow(reach)
      guard !overflow, !overflowReach, !overflowSum, product < 1 << 62, sum < 1 << 62 else { return nil }
      count = product
      last = sum
    }
    self.count = count
    span = count == 0 ? 0 : last + 1
  }

  /// Strides of C order; meaningful where the product of `shape` does not overflow.
  static func contiguousStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1].multipliedReportingOverflow(by: max(shape[axis + 1], 1)).partialValue
    }
    return strides
  }
}
