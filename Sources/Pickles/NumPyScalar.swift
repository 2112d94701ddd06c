/// The number in a NumPy scalar, `numpy.core.multiarray.scalar(dtype, bytes)`.
enum NumPyScalar {
  case bool(Bool)
  case integer(Int64)
  case float(Double)
}

extension PickleValue {
  var numpyScalar: NumPyScalar? {
    guard let call = object, let name = call.callable.globalName,
      name == "numpy.core.multiarray.scalar" || name == "numpy._core.multiarray.scalar",
      let arguments = call.arguments.sequence, arguments.count == 2,
      let type = arguments[0].numpyElementType, type.itemSize <= 8,
      let bytes = try? arguments[1].rawBytes(), bytes.count == type.itemSize
    else { return nil }
    var bits = UInt64(0)
    for byte in type.isBigEndian ? bytes.array : bytes.array.reversed() { bits = bits << 8 | UInt64(byte) }
    let unused = UInt64(64 - 8 * type.itemSize)
    switch (type.kind, type.itemSize) {
    case ("b", 1): return .bool(bits != 0)
    case ("i", 1), ("i", 2), ("i", 4), ("i", 8): return .integer(Int64(bitPattern: bits << unused) >> unused)
    case ("u", 1), ("u", 2), ("u", 4), ("u", 8): return Int64(exactly: bits).map { .integer($0) }
    case ("f", 2): return .float(Double(Float16(bitPattern: UInt16(bits))))
    case ("f", 4): return .float(Double(Float(bitPattern: UInt32(bits))))
    case ("f", 8): return .float(Double(bitPattern: bits))
    default: return nil
    }
  }
}
