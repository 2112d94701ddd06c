import Basics

extension NumPyArray {
  /// Reads a `.npy` file of version 1, 2 or 3.
  ///
  /// - Throws: `InputError` for a file that cannot be opened, is no `.npy` file, holds objects, or whose size does not
  ///   match its header; it is thrown before memory is taken for the values.
  public init(contentsOf path: String) throws {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    try self.init(parsing: file.bytes, named: path)
  }

  /// Reads the bytes of a `.npy` file; `name` stands for the file in errors.
  public init(parsing bytes: UnsafeRawBufferPointer, named name: String) throws {
    do {
      let header = try NumPyHeader(parsing: bytes)
      let values = UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...])
      // Bit patterns become values, and Fortran order C order, in a second array.
      try MemoryBudget.require(values.count.multipliedReportingOverflow(by: 2).partialValue, for: "the values")
      self.init(shape: header.shape, elements: Self.decode(values, header), source: name)
    } catch let error as InputError {
      throw error.inFile(name)
    }
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer, _ header: NumPyHeader) -> Elements {
    switch header.elementType {
    case .bool: .bool(integers(bytes, header, UInt8.self).map { $0 != 0 })
    case .int8: .int8(integers(bytes, header))
    case .int16: .int16(integers(bytes, header))
    case .int32: .int32(integers(bytes, header))
    case .int64: .int64(integers(bytes, header))
    case .uint8: .uint8(integers(bytes, header))
    case .uint16: .uint16(integers(bytes, header))
    case .uint32: .uint32(integers(bytes, header))
    case .uint64: .uint64(integers(bytes, header))
    case .float16: .float16(integers(bytes, header, UInt16.self).map { Float16(bitPattern: $0) })
    case .float32: .float32(integers(bytes, header, UInt32.self).map { Float(bitPattern: $0) })
    case .float64: .float64(integers(bytes, header, UInt64.self).map { Double(bitPattern: $0) })
    }
  }

  /// The values, or their bit patterns, in C order.
  private static func integers<Value: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ header: NumPyHeader, _: Value.Type = Value.self
  ) -> [Value] {
    guard header.count > 0 else { return [] }
    let values = [Value](unsafeUninitializedCapacity: header.count) { buffer, count in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
      count = header.count
      guard Value.bitWidth > 8 else { return }
      for index in buffer.indices {
        buffer[index] = header.bigEndian ? Value(bigEndian: buffer[index]) : Value(littleEndian: buffer[index])
      }
    }
    return header.fortranOrder && header.shape.count > 1 ? transpose(values, header.shape) : values
  }

  /// From Fortran order, where the first index runs fastest, to C order.
  private static func transpose<Value>(_ values: [Value], _ shape: [Int]) -> [Value] {
    var strides: [Int] = []
    var stride = 1
    for size in shape {
      strides.append(stride)
      stride *= size
    }
    var position = [Int](repeating: 0, count: shape.count)
    var offset = 0
    var result: [Value] = []
    result.reserveCapacity(values.count)
    for _ in values.indices {
      result.append(values[offset])
      for axis in shape.indices.reversed() {
        position[axis] += 1
        offset += strides[axis]
        if position[axis] < shape[axis] { break }
        offset -= strides[axis] * shape[axis]
        position[axis] = 0
      }
    }
    return result
  }
}
