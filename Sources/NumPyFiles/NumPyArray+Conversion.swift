import Basics

extension NumPyArray {
  /// The values as `Float`: floating types are rounded to nearest, integers must be representable exactly.
  ///
  /// NaN and infinities pass through; a finite value beyond `Float`'s range does not fit.
  /// - Throws: `InputError` naming the first element that does not fit.
  public func floats() throws -> [Float] {
    switch elements {
    case .bool(let values): return values.map { $0 ? 1 : 0 }
    case .int8(let values): return values.map { Float($0) }
    case .int16(let values): return values.map { Float($0) }
    case .int32(let values): return try convert(values, to: "float32") { Float(exactly: $0) }
    case .int64(let values): return try convert(values, to: "float32") { Float(exactly: $0) }
    case .uint8(let values): return values.map { Float($0) }
    case .uint16(let values): return values.map { Float($0) }
    case .uint32(let values): return try convert(values, to: "float32") { Float(exactly: $0) }
    case .uint64(let values): return try convert(values, to: "float32") { Float(exactly: $0) }
    case .float16(let values): return values.map { Float($0) }
    case .float32(let values): return values
    case .float64(let values):
      return try convert(values, to: "float32") { value in
        let rounded = Float(value)
        return rounded.isInfinite && value.isFinite ? nil : rounded
      }
    }
  }

  /// The values as `Double`; 64-bit integers must be representable exactly.
  /// - Throws: `InputError` naming the first element that does not fit.
  public func doubles() throws -> [Double] {
    switch elements {
    case .bool(let values): return values.map { $0 ? 1 : 0 }
    case .int8(let values): return values.map { Double($0) }
    case .int16(let values): return values.map { Double($0) }
    case .int32(let values): return values.map { Double($0) }
    case .int64(let values): return try convert(values, to: "float64") { Double(exactly: $0) }
    case .uint8(let values): return values.map { Double($0) }
    case .uint16(let values): return values.map { Double($0) }
    case .uint32(let values): return values.map { Double($0) }
    case .uint64(let values): return try convert(values, to: "float64") { Double(exactly: $0) }
    case .float16(let values): return values.map { Double($0) }
    case .float32(let values): return values.map { Double($0) }
    case .float64(let values): return values
    }
  }

  /// The values as `Int`; floating values must be whole.
  /// - Throws: `InputError` naming the first element that does not fit.
  public func integers() throws -> [Int] {
    switch elements {
    case .bool(let values): return values.map { $0 ? 1 : 0 }
    case .int8(let values): return values.map { Int($0) }
    case .int16(let values): return values.map { Int($0) }
    case .int32(let values): return values.map { Int($0) }
    case .int64(let values): return try convert(values, to: "an integer") { Int(exactly: $0) }
    case .uint8(let values): return values.map { Int($0) }
    case .uint16(let values): return values.map { Int($0) }
    case .uint32(let values): return try convert(values, to: "an integer") { Int(exactly: $0) }
    case .uint64(let values): return try convert(values, to: "an integer") { Int(exactly: $0) }
    case .float16(let values): return try convert(values, to: "an integer") { Int(exactly: $0) }
    case .float32(let values): return try convert(values, to: "an integer") { Int(exactly: $0) }
    case .float64(let values): return try convert(values, to: "an integer") { Int(exactly: $0) }
    }
  }

  private func convert<Value, Result>(
    _ values: [Value], to type: String, _ body: (Value) -> Result?
  ) throws -> [Result] {
    var results: [Result] = []
    results.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      guard let result = body(value) else {
        throw InputError(
          "a value does not fit", file: source, location: "element \(position(index))", expected: type,
          found: "\(value)")
      }
      results.append(result)
    }
    return results
  }

  /// The index along each axis of the element at `offset` in C order.
  func position(_ offset: Int) -> [Int] {
    var rest = offset
    var position: [Int] = []
    for size in shape.reversed() {
      position.append(rest % size)
      rest /= size
    }
    return position.reversed()
  }
}
