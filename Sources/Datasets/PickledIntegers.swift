import Pickles

/// Whole numbers in a pickled NumPy array.
enum PickledIntegers {
  /// The values in C order of one axis; nil for an array of another type.
  static func read(_ array: PickledArray) -> [Int]? {
    let type = array.elementType
    guard array.shape.count == 1, let kind = type.dropFirst().first, kind == "i" || kind == "u",
      let size = Int(type.dropFirst(2)), [1, 2, 4, 8].contains(size)
    else { return nil }
    return array.bytes.withUnsafeBytes { bytes in
      (0..<array.shape[0]).map { place in
        let element = bytes[place * size..<(place + 1) * size]
        let ordered = type.first == ">" ? Array(element) : element.reversed()
        let bits = ordered.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // The sign fills what the element leaves free.
        let free = UInt64(64 - 8 * size)
        return kind == "i" ? Int(Int64(bitPattern: bits << free) >> Int64(free)) : Int(clamping: bits)
      }
    }
  }
}
