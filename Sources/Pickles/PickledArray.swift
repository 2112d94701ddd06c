import Basics

/// A NumPy array inside a pickle: where its values lie and how.
public struct PickledArray: Sendable {
  /// NumPy's name of the element type with its byte order: `|u1`, `<f4`, `>i8`.
  public var elementType: String
  public var shape: [Int]
  /// Whether the first axis varies fastest (Fortran order).
  public var isFortranOrder: Bool
  /// Exactly the product of `shape` times the element size.
  public var bytes: PickleBytes
}

/// A NumPy dtype of plain numbers.
struct NumPyElementType {
  var kind: Character
  var itemSize: Int
  var isBigEndian: Bool

  var name: String { (itemSize == 1 ? "|" : isBigEndian ? ">" : "<") + "\(kind)\(itemSize)" }
}

extension PickleValue {
  /// The NumPy array this value stands for, nil where it stands for something else.
  ///
  /// Understands `_reconstruct` with BUILD (NumPy 1 and 2, Python 2 and 3) and protocol 5's `_frombuffer`.
  /// - Throws: `InputError` for an array of anything but plain numbers, or whose bytes do not fit its shape.
  public func numpyArray() throws -> PickledArray? {
    guard let call = object, let name = call.callable.globalName else { return nil }
    switch name {
    case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
      guard let state = call.state?.sequence, state.count == 5 else { throw arrayError("has no state") }
      return try array(
        shape: state[1], type: state[2], isFortranOrder: state[3].bool ?? (state[3].integer.map { $0 != 0 }),
        bytes: state[4])
    case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
      guard let arguments = call.arguments.sequence, arguments.count == 4 else { throw arrayError("has no contents") }
      let order = arguments[3].text
      return try array(
        shape: arguments[2], type: arguments[1], isFortranOrder: order == "F" ? true : order == "C" ? false : nil,
        bytes: arguments[0])
    default: return nil
    }
  }

  private func array(
    shape: PickleValue, type: PickleValue, isFortranOrder: Bool?, bytes: PickleValue
  ) throws -> PickledArray {
    guard let dimensions = shape.sequence, dimensions.count <= 32 else { throw arrayError("has no shape") }
    guard let type = type.numpyElementType else { throw arrayError("does not hold plain numbers") }
    guard let isFortranOrder else { throw arrayError("does not say in which order it lies") }
    guard let bytes = try bytes.rawBytes() else { throw arrayError("holds no bytes") }
    var sizes = [Int]()
    var count = type.itemSize
    for dimension in dimensions {
      guard let size = dimension.integer, size >= 0 else { throw arrayError("has an impossible shape") }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw arrayError("has an impossible shape") }
      count = product
      sizes.append(size)
    }
    guard count == bytes.count else {
      throw arrayError("does not fit its shape \(sizes)", expected: "\(count) bytes", found: "\(bytes.count)")
    }
    return PickledArray(elementType: type.name, shape: sizes, isFortranOrder: isFortranOrder, bytes: bytes)
  }

  private func arrayError(_ problem: String, expected: String? = nil, found: String? = nil) -> InputError {
    InputError("a NumPy array in the pickle \(problem)", file: pickle.source.name, expected: expected, found: found)
  }

  /// `numpy.dtype('f4', False, True)` with state (3, '<', None, None, None, −1, −1, 0).
  var numpyElementType: NumPyElementType? {
    guard let call = object, call.callable.globalName == "numpy.dtype", let code = call.arguments.sequence?.first?.text,
      let kind = code.first, "biuf".contains(kind), let size = Int(code.dropFirst()), [1, 2, 4, 8].contains(size)
    else { return nil }
    var isBigEndian = false
    if let state = call.state {
      guard let fields = state.sequence, fields.count >= 8, fields[2...4].allSatisfy(\.isNone),
        let order = fields[1].text, ["<", ">", "|", "="].contains(order)
      else { return nil }
      isBigEndian = order == ">"
    }
    return NumPyElementType(kind: kind, itemSize: size, isBigEndian: isBigEndian)
  }
}
