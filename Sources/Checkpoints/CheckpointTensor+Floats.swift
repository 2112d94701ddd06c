extension CheckpointTensor {
  /// The values in C order.
  public func floats() -> [Float] {
    let count = count
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      write(into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }

  /// Lets the system take back the memory of the file's pages that hold this tensor alone: once it is converted, a network
  /// needs them no more.
  package func giveBackPages() {
    guard let file = source.file, let span = TensorExtent(shape: shape, strides: strides)?.span else { return }
    file.giveBack(offset..<offset + span * elementType.byteCount)
  }

  /// Writes the values in C order; `output` holds exactly `count` floats.
  public func write(into output: UnsafeMutableBufferPointer<Float>) {
    precondition(output.count == count, "the output does not fit the tensor")
    guard let target = output.baseAddress, !output.isEmpty else { return }
    withExtendedLifetime(source) {
      guard let base = source.bytes.baseAddress?.advanced(by: offset) else { return }
      if isContiguous {
        elementType.convert(from: base, stride: 1, count: count, to: target)
      } else {
        writeStrided(from: base, to: target)
      }
    }
  }

  /// Row after row of the last axis, its rows counted like an odometer.
  private func writeStrided(from base: UnsafeRawPointer, to target: UnsafeMutablePointer<Float>) {
    guard let rowLength = shape.last, let rowStride = strides.last else { return }
    var position = [Int](repeating: 0, count: shape.count - 1)
    var start = 0
    for row in 0..<count / rowLength {
      elementType.convert(
        from: base + start * elementType.byteCount, stride: rowStride, count: rowLength, to: target + row * rowLength)
      for axis in position.indices.reversed() {
        position[axis] += 1
        start += strides[axis]
        if position[axis] < shape[axis] { break }
        start -= shape[axis] * strides[axis]
        position[axis] = 0
      }
    }
  }

  /// The place (in C order) and value of the first element that is NaN or infinite as a float; nil where all are
  /// finite.
  public func firstNonFinite() -> (index: Int, value: Float)? {
    let isFinite = withExtendedLifetime(source) {
      guard elementType != .float64, isContiguous, let base = source.bytes.baseAddress else { return false }
      return elementType.allFinite(base + offset, count: count)
    }
    if isFinite { return nil }
    let values = floats()
    return values.firstIndex { !$0.isFinite }.map { ($0, values[$0]) }
  }
}

extension CheckpointTensor.ElementType {
  /// Converts `count` elements, `stride` elements apart, at any alignment.
  fileprivate func convert(
    from base: UnsafeRawPointer, stride: Int, count: Int, to target: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .float32 where stride == 1:
      UnsafeMutableRawPointer(target).copyMemory(from: base, byteCount: 4 * count)
    case .float32:
      for index in 0..<count {
        target[index] = base.loadUnaligned(fromByteOffset: 4 * index * stride, as: Float.self)
      }
    case .float64:
      for index in 0..<count {
        target[index] = Float(base.loadUnaligned(fromByteOffset: 8 * index * stride, as: Double.self))
      }
    case .bfloat16:
      for index in 0..<count {
        let bits = base.loadUnaligned(fromByteOffset: 2 * index * stride, as: UInt16.self)
        target[index] = Float(bitPattern: UInt32(bits) << 16)
      }
    case .float16:
      for index in 0..<count {
        let bits = base.loadUnaligned(fromByteOffset: 2 * index * stride, as: UInt16.self)
        target[index] = Self.float(half: bits)
      }
    }
  }

  /// The float equal to an IEEE half: exact, subnormals included, in operations a compiler can vectorise.
  private static func float(half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let magnitude = UInt32(half & 0x7FFF) << 13
    // The exponent is rebiased by a product that is exact: 2^(127 − 15).
    let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    let bits = magnitude >= 0x7C00 << 13 ? magnitude | 0x7F80_0000 : finite
    return Float(bitPattern: sign | bits)
  }

  /// Whether no exponent is all ones, for the types of which every finite value is a finite float.
  fileprivate func allFinite(_ base: UnsafeRawPointer, count: Int) -> Bool {
    switch self {
    case .float32:
      var bad: UInt32 = 0
      for index in 0..<count {
        let bits = base.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
        bad |= bits & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
      }
      return bad == 0
    case .float16, .bfloat16:
      let exponent: UInt16 = self == .float16 ? 0x7C00 : 0x7F80
      var bad: UInt16 = 0
      for index in 0..<count {
        let bits = base.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        bad |= bits & exponent == exponent ? 1 : 0
      }
      return bad == 0
    case .float64: return false
    }
  }
}
